import { expect } from 'chai';
import type { Action } from 'routing-controllers';
import { HttpSecurityRequest } from '../../../src/http/security-request';
import { InvalidRequestError, SecurityFaultError } from '../../../src/errors';
import { rawRequest, type RawOptions } from './raw';

function view(raw: RawOptions): HttpSecurityRequest {
  const action: Action = { request: rawRequest(raw), response: {} };
  return new HttpSecurityRequest(action, () => ({ ip: '10.0.0.1', secure: true }));
}

const client = () => ({ ip: '', secure: true });

describe('HttpSecurityRequest', () => {
  it('states the method that runs', () => {
    const lines: [string, string][] = [['X-HTTP-Method-Override', 'GET']];
    expect(view({ method: 'DELETE', url: '/notes?_method=GET', lines }).method).to.equal('DELETE');
    expect(view({}).method).to.equal('');
  });

  it('finds headers by any case, and only those that came', () => {
    const request = view({ lines: [['X-Api-Key', 'k']] });
    expect(request.header('x-API-key')).to.equal('k');
    for (const name of ['x-other', 'constructor', '__proto__', 'toString', '']) {
      expect(request.header(name)).to.equal(undefined);
    }
  });

  it('throws for several Authorization lines, in any case and form', () => {
    for (const second of ['authorization', 'AUTHORIZATION']) {
      const request = view({ lines: [['Authorization', 'Basic x'], [second, 'Basic x']] }); // prettier-ignore
      expect(() => request.header('Authorization')).to.throw(InvalidRequestError);
      expect(request.header('x-other')).to.equal(undefined);
    }
    expect(view({ lines: [['AUTHORIZATION', 'Basic x']] }).header('authorization')).to.equal('Basic x');
  });

  it('does not take a header value for a header name', () => {
    const request = view({ lines: [['Authorization', 'Basic x'], ['X-A', 'authorization']] }); // prettier-ignore
    expect(request.header('authorization')).to.equal('Basic x');
  });

  it('joins the lines of another header, never picks one', () => {
    const request = view({ lines: [['X-Api-Key', 'a'], ['X-Api-Key', 'b']] }); // prettier-ignore
    expect(request.header('x-api-key')).to.equal('a, b');
  });

  it('has the path that was matched when the request arrived, and throws where that is not known', () => {
    const raw = rawRequest({ url: '/matched' });
    const early = new HttpSecurityRequest({ request: raw, response: {} }, client);
    let request = early;
    raw.url = '/rewritten';
    expect([request.path, request.route]).to.deep.equal(['/rewritten', undefined]);
    raw.url = '/matched';
    const action: Action = { request: raw, response: {} };
    request = HttpSecurityRequest.at(action, '/notes/:id', client, early);
    raw.url = '/again';
    expect([request.path, request.route]).to.deep.equal(['/matched', '/notes/:id']);
    expect(request.action).to.equal(action);
    Object.assign(raw, { path: '/x', baseUrl: '/y', originalUrl: 'http://other/z' });
    request = HttpSecurityRequest.at(action, '/notes/:id', client, early);
    expect(() => request.path).to.throw(SecurityFaultError);
  });

  it('looks Authorization up once, so that all decide on the same value', () => {
    const raw = rawRequest({ lines: [['Authorization', 'Basic x']] });
    const request = new HttpSecurityRequest({ request: raw, response: {} }, client);
    expect(request.header('authorization')).to.equal('Basic x');
    raw.headers.authorization = 'Basic y';
    raw.rawHeaders.push('Authorization', 'Basic z');
    expect(request.header('Authorization')).to.equal('Basic x');
    const later = HttpSecurityRequest.at(request.action, '/', client, request);
    expect(later.header('authorization')).to.equal('Basic x');
  });

  it('looks the client up once', () => {
    let calls = 0;
    const action: Action = { request: rawRequest(), response: {} };
    const request = new HttpSecurityRequest(action, () => {
      calls += 1;
      return { ip: '10.0.0.1', secure: true };
    });
    expect(calls).to.equal(0);
    expect([request.ip, request.secure, request.ip]).to.deep.equal(['10.0.0.1', true, '10.0.0.1']);
    expect(calls).to.equal(1);
    expect(request.signal.aborted).to.be.false;
    expect(request.route).to.equal(undefined);
  });
});
