import { expect } from 'chai';
import type { Action } from 'routing-controllers';
import { HttpSecurityRequest } from '../../../src/drivers/security-request';
import { InvalidRequestError } from '../../../src/errors';
import { rawRequest, type RawOptions } from './raw';

interface KoaParts {
  newRouterPath?: string;
  path?: string;
  mountPath?: string;
  originalUrl?: string;
}

function view(raw: RawOptions, koa?: KoaParts): HttpSecurityRequest {
  const request = rawRequest(raw);
  const action: Action = { request, response: {}, ...(koa && { context: { req: request, ...koa } }) };
  return new HttpSecurityRequest(action, '/notes/:id', () => ({ ip: '10.0.0.1', secure: true }));
}

describe('HttpSecurityRequest', () => {
  describe('path on Express', () => {
    const table: [RawOptions, string][] = [
      [{ url: '/notes' }, '/notes'],
      [{ url: '/notes?a=/b#c' }, '/notes'],
      [{ url: '/' }, '/'],
      [{ url: '?a' }, '/'],
      [{ url: '' }, '/'],
      [{ url: '/a%2Fb/../c' }, '/a%2Fb/../c'],
      [{ url: '//evil.example/x' }, '//evil.example/x'],
      [{ url: 'http://api.example/notes?x' }, '/notes'],
      [{ url: 'HTTP://user@api.example:80?x' }, '/'],
      [{ url: '/x?u=http://a.example/b' }, '/x'],
      [{ url: '/notes', baseUrl: '/api' }, '/api/notes'],
      [{ url: 'http://api.example/notes', baseUrl: '/api' }, '/api/notes'],
      [{ url: '/', baseUrl: '/api' }, '/api/'],
    ];
    for (const [raw, expected] of table) {
      it(`is ${expected} for ${JSON.stringify(raw)}`, () => {
        expect(view(raw).path).to.equal(expected);
      });
    }
  });

  describe('path on Koa', () => {
    const table: [KoaParts, string][] = [
      [{ path: '/notes', originalUrl: '/notes?x' }, '/notes'],
      [{ path: '/notes', originalUrl: 'http://api.example/notes' }, '/notes'],
      [{ path: '/rewritten', originalUrl: '/notes' }, '/rewritten'],
      [{ path: '/notes', mountPath: '/api', originalUrl: '/api/notes?x' }, '/api/notes'],
      [{ path: '/', mountPath: '/api', originalUrl: '/api' }, '/api/'],
      [{ path: '/notes', mountPath: '/v1', originalUrl: '/api/v1/notes' }, '/api/v1/notes'],
      [{ path: '/rewritten', mountPath: '/api', originalUrl: '/api/notes' }, '/api/rewritten'],
      [{ path: '/notes', newRouterPath: '/routed', originalUrl: '/notes' }, '/routed'],
      [{ path: '/notes', newRouterPath: '', originalUrl: '/notes' }, '/notes'],
      [
        { path: '/notes', newRouterPath: '/routed', mountPath: '/api', originalUrl: '/api/notes' },
        '/api/routed',
      ],
    ];
    for (const [koa, expected] of table) {
      it(`is ${expected} for ${JSON.stringify(koa)}`, () => {
        expect(view({ url: koa.originalUrl ?? '' }, koa).path).to.equal(expected);
      });
    }
  });

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

  it('looks the client up once', () => {
    let calls = 0;
    const action: Action = { request: rawRequest(), response: {} };
    const request = new HttpSecurityRequest(action, undefined, () => {
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
