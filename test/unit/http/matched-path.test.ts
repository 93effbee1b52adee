import { expect } from 'chai';
import type { Action } from 'routing-controllers';
import { matchedPath } from '../../../src/http/matched-path';

const TARGETS: [url: string | undefined, path: string][] = [
  ['/notes', '/notes'],
  ['/notes?a=/b#c', '/notes'],
  ['?a', '/'],
  ['', '/'],
  [undefined, '/'],
  ['/a%2Fb/../c', '/a%2Fb/../c'],
  ['//evil.example/x', '//evil.example/x'],
  ['http://api.example/notes?x', '/notes'],
  ['/x?u=http://a.example/b', '/x'],
];

interface Express {
  readonly path: string | null;
  readonly baseUrl?: string;
  readonly originalUrl?: string;
}

const EXPRESS: [Express, string | undefined][] = [
  [{ path: '/notes', originalUrl: '/notes?x' }, '/notes'],
  [{ path: '/en/admin', originalUrl: 'http://x:en/admin' }, '/en/admin'],
  [{ path: '/rewritten', originalUrl: '/notes' }, '/rewritten'],
  [{ path: '/notes', baseUrl: '/api', originalUrl: '/api/notes' }, '/api/notes'],
  [{ path: '/', baseUrl: '/api', originalUrl: '/api' }, '/api/'],
  [{ path: '/rewritten', baseUrl: '/api', originalUrl: '/api/notes' }, '/api/rewritten'],
  [{ path: '/notes', baseUrl: '/api', originalUrl: 'http://api.example/api/notes' }, '/api/notes'],
  [{ path: '/users', baseUrl: '/en', originalUrl: 'http://x:en/users' }, undefined],
  [{ path: null, baseUrl: '/api', originalUrl: 'x://y/api' }, undefined],
  [{ path: null, originalUrl: '/notes' }, undefined],
];

interface Koa {
  readonly path: string | null;
  readonly originalUrl: string;
  readonly mountPath?: string;
  readonly newRouterPath?: unknown;
}

const KOA: [Koa, string | undefined][] = [
  [{ path: '/notes', originalUrl: '/notes?x' }, '/notes'],
  [{ path: '/en/admin', originalUrl: 'http://x:en/admin' }, '/en/admin'],
  [{ path: '/rewritten', originalUrl: '/notes' }, '/rewritten'],
  [{ path: '/notes', newRouterPath: '/routed', originalUrl: '/notes' }, '/routed'],
  [{ path: '/notes', newRouterPath: '', originalUrl: '/notes' }, '/notes'],
  [{ path: '/notes', newRouterPath: 7, originalUrl: '/notes' }, '/notes'],
  [{ path: null, originalUrl: 'x://y' }, undefined],
  // Mounted once.
  [{ path: '/notes', mountPath: '/api', originalUrl: '/api/notes?x' }, '/api/notes'],
  [{ path: '/notes', mountPath: '/api/', originalUrl: '/api/notes' }, '/api/notes'],
  [{ path: '/', mountPath: '/api', originalUrl: '/api' }, '/api/'],
  [{ path: '/notes', mountPath: '/api', originalUrl: 'http://a.example/api/notes' }, '/api/notes'],
  // Out of the mounted app again.
  [{ path: '/api/notes', mountPath: '/api', originalUrl: '/api/notes' }, '/api/notes'],
  // Rewritten in the mounted app, or after the request has left it: it could be both.
  [{ path: '/admin', mountPath: '/api', originalUrl: '/api/v2/admin' }, undefined],
  [{ path: '/rewritten', mountPath: '/api', originalUrl: '/api/notes' }, undefined],
  [{ path: '/', mountPath: '/api', originalUrl: '/api/notes' }, undefined],
  [{ path: '/notes', newRouterPath: '/routed', mountPath: '/api', originalUrl: '/api/notes' }, undefined],
  // Mounted twice, or rewritten before the mount.
  [{ path: '/notes', mountPath: '/v1', originalUrl: '/api/v1/notes' }, undefined],
  [{ path: '/admin', mountPath: '/api', originalUrl: '/en/api/admin' }, undefined],
  [{ path: '/x', mountPath: '/b', originalUrl: '/b/b/v2/x' }, undefined],
  [{ path: '/x', mountPath: '/b', originalUrl: '/a/y' }, undefined],
  [{ path: '/api/x', mountPath: '/api', originalUrl: '/api/v2/x' }, undefined],
  [{ path: '/users', mountPath: '/en', originalUrl: 'http://x:en/users' }, undefined],
  [{ path: 'notes', mountPath: '/api/', originalUrl: '/api/v2/notes' }, undefined],
];

describe('matchedPath', () => {
  for (const [url, path] of TARGETS) {
    it(`is ${path} for ${JSON.stringify(url)} where there is no router`, () => {
      expect(matchedPath({ request: { url }, response: undefined })).to.equal(path);
    });
  }
  it('is undefined where a router other than that of Express has removed a prefix', () => {
    const at = (url: string) => matchedPath({ request: { url, originalUrl: '/api/notes?x' }, response: {} });
    expect(at('/api/notes')).to.equal('/api/notes');
    expect(at('/notes')).to.equal(undefined);
  });
  for (const [request, path] of EXPRESS) {
    it(`is ${String(path)} for ${JSON.stringify(request)} on Express`, () => {
      expect(matchedPath({ request: { baseUrl: '', ...request }, response: {} })).to.equal(path);
    });
  }
  for (const [context, path] of KOA) {
    it(`is ${String(path)} for ${JSON.stringify(context)} on Koa`, () => {
      const action: Action = { request: {}, response: {}, context: { req: {}, ...context } };
      expect(matchedPath(action)).to.equal(path);
    });
  }
});
