import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { RequestWithSignal } from '../../../src/http/request-with-signal';
import { fakeRequest } from '../../support/fake-request';

describe('RequestWithSignal', () => {
  it('is the same request', () => {
    const request = fakeRequest({
      method: 'PUT',
      path: '/a',
      ip: '10.0.0.1',
      secure: true,
      headers: { 'X-A': '1' },
    });
    const own = new RequestWithSignal(request);
    const { method, path, route, ip, secure, action } = own;
    expect({ method, path, route, ip, secure }).to.deep.equal({
      method: 'PUT',
      path: '/a',
      route: undefined,
      ip: '10.0.0.1',
      secure: true,
    });
    expect(action).to.equal(request.action);
    expect(own.header('x-a')).to.equal('1');
  });

  it('writes down which headers were looked at, in lower case', () => {
    const own = new RequestWithSignal(fakeRequest());
    expect(own.headersRead).to.deep.equal([]);
    own.header('X-A');
    own.header('x-a');
    expect(own.headersRead).to.deep.equal(['x-a']);
  });

  it('has one signal of its own, which only its own abort() aborts', () => {
    const request = fakeRequest();
    const [first, second] = [new RequestWithSignal(request), new RequestWithSignal(request)];
    const { signal } = first;
    expect(first.signal).to.equal(signal);
    const reason = new Error('late');
    first.abort(reason);
    expect(signal).to.include({ aborted: true, reason });
    expect([second.signal.aborted, request.signal.aborted]).to.deep.equal([false, false]);
  });

  it('shows an aborted signal to who looks at it only afterwards', () => {
    const own = new RequestWithSignal(fakeRequest());
    const reason = new Error('late');
    own.abort(reason);
    expect(own.signal).to.include({ aborted: true, reason });
  });

  it('shows an aborted signal to who looks at it when the client has gone already', async () => {
    const signals: boolean[] = [];
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
      const own = () => new RequestWithSignal({ ...fakeRequest(), action: { request, response } });
      const before = own();
      signals.push(before.signal.aborted);
      const gone = once(response, 'close');
      client.destroy();
      await gone;
      signals.push(before.signal.aborted, own().signal.aborted);
    } finally {
      server.close();
    }
    expect(signals).to.deep.equal([false, true, true]);
  });
});
