import { expect } from 'chai';
import { RequestWithSignal } from '../../../src/authentication/provider-request';
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
    const headersRead = new Set<string>();
    const own = new RequestWithSignal(fakeRequest(), headersRead);
    own.header('X-A');
    own.header('x-a');
    expect([...headersRead]).to.deep.equal(['x-a']);
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
});
