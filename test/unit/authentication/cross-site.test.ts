import { expect } from 'chai';
import { isCrossSite, UNREAD } from '../../../src/authentication/cross-site';
import { fakeRequest } from '../../support/fake-request';

const TRUSTED = new Set(['https://app.example']);
const BASIC = { authorization: 'Basic QTpC' };
const HOST = { host: 'api.example' };

describe('isCrossSite', () => {
  it('takes a credential that was read past the request for a cookie, where the request has one', () => {
    const post = (headers: Record<string, string>) =>
      isCrossSite(
        fakeRequest({ method: 'POST', headers: { ...HOST, ...headers } }),
        () => ['x-key', UNREAD],
        TRUSTED,
      );
    expect(post({})).to.be.false;
    expect(post({ cookie: 'sid=1' })).to.be.true;
    expect(post({ cookie: 'sid=1', origin: 'https://api.example' })).to.be.false;
    expect(post({ origin: 'https://evil.example' })).to.be.true;
    expect(post({ 'sec-fetch-site': 'cross-site' })).to.be.true;
  });

  const table: [what: string, headers: Record<string, string>, expected: boolean][] = [
    ['no browser header', {}, false],
    ['same-origin', { 'sec-fetch-site': 'same-origin' }, false],
    ['none', { 'sec-fetch-site': 'none' }, false],
    ['same-site', { 'sec-fetch-site': 'same-site' }, true],
    ['cross-site', { 'sec-fetch-site': 'cross-site' }, true],
    ['two Sec-Fetch-Site lines', { 'sec-fetch-site': 'same-origin, cross-site' }, true],
    ['an unknown Sec-Fetch-Site', { 'sec-fetch-site': '' }, true],
    [
      'the own origin but cross-site',
      { 'sec-fetch-site': 'cross-site', origin: 'https://api.example' },
      true,
    ],
    [
      'a trusted origin that is cross-site',
      { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' },
      false,
    ],
    ['the own origin', { origin: 'https://api.example' }, false],
    ['the own origin over plain HTTP', { origin: 'http://api.example' }, false],
    ['the own origin with its default port', { origin: 'https://api.example:443' }, false],
    ['another port', { origin: 'https://api.example:8443' }, true],
    ['a foreign origin', { origin: 'https://evil.example' }, true],
    ['a subdomain of a trusted origin', { origin: 'https://x.app.example' }, true],
    ['a trusted host over another scheme', { origin: 'http://app.example' }, true],
    ['a suffix of the own host', { origin: 'https://api.example.evil.example' }, true],
    ['origin null', { origin: 'null' }, true],
    ['an empty origin', { origin: '' }, true],
    ['an opaque origin', { origin: 'file://' }, true],
    ['an origin that is no URL', { origin: 'https://' }, true],
  ];
  for (const [what, headers, expected] of table) {
    it(`is ${String(expected)} for a POST with Basic and ${what}`, () => {
      const request = fakeRequest({ method: 'POST', headers: { ...HOST, ...BASIC, ...headers } });
      expect(isCrossSite(request, () => ['authorization'], TRUSTED)).to.equal(expected);
    });
  }

  it('passes safe methods and credentials that no browser resends', () => {
    const headers = { ...BASIC, 'sec-fetch-site': 'cross-site' };
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect(isCrossSite(fakeRequest({ method, headers }), () => ['authorization'], TRUSTED)).to.be.false;
    }
    expect(isCrossSite(fakeRequest({ method: 'POST', headers }), () => ['x-api-key'], TRUSTED)).to.be.false;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE', 'get', '']) {
      expect(isCrossSite(fakeRequest({ method, headers }), () => ['authorization'], TRUSTED)).to.be.true;
    }
  });

  it('takes a GET that upgrades for unsafe: a WebSocket sends what it likes', () => {
    const headers = { ...BASIC, upgrade: 'websocket', 'sec-fetch-site': 'cross-site' };
    expect(isCrossSite(fakeRequest({ headers }), () => ['authorization'], TRUSTED)).to.be.true;
  });

  const ambient: [credential: string, authorization: string | undefined, boolean][] = [
    ['cookie', undefined, true],
    ['tls', undefined, true],
    ['authorization', 'Basic x', true],
    ['authorization', 'BASIC x', true],
    ['authorization', 'Digest x', true],
    ['authorization', 'Negotiate x', true],
    ['authorization', 'NTLM x', true],
    ['authorization', 'Bearer x', false],
    ['authorization', undefined, false],
    ['x-api-key', 'Basic x', false],
  ];
  for (const [credential, authorization, expected] of ambient) {
    it(`${expected ? 'counts' : 'does not count'} ${credential} with Authorization: ${String(authorization)}`, () => {
      const headers: Record<string, string> = { 'sec-fetch-site': 'cross-site' };
      if (authorization !== undefined) headers['authorization'] = authorization;
      const request = fakeRequest({ method: 'POST', headers });
      expect(isCrossSite(request, () => [credential], TRUSTED)).to.equal(expected);
      expect(isCrossSite(request, () => ['x-other', credential], TRUSTED)).to.equal(expected);
    });
  }

  it("finds an HTTP/2 request's own host in its pseudo-header", () => {
    const headers = { ...BASIC, ':authority': 'api.example', origin: 'https://api.example' };
    const credentials = () => ['authorization'];
    expect(isCrossSite(fakeRequest({ method: 'POST', headers }), credentials, TRUSTED)).to.be.false;
    const foreign = { ...headers, origin: 'https://evil.example' };
    expect(isCrossSite(fakeRequest({ method: 'POST', headers: foreign }), credentials, TRUSTED)).to.be.true;
  });

  it('refuses a cookie without either browser header, and an origin without a host', () => {
    expect(isCrossSite(fakeRequest({ method: 'POST' }), () => ['cookie'], TRUSTED)).to.be.true;
    expect(isCrossSite(fakeRequest({ method: 'POST' }), () => ['tls'], TRUSTED)).to.be.false;
    const headers = { origin: 'https://api.example' };
    expect(isCrossSite(fakeRequest({ method: 'POST', headers }), () => ['cookie'], TRUSTED)).to.be.true;
    expect(
      isCrossSite(
        fakeRequest({ method: 'POST', headers: { ...headers, ...HOST } }),
        () => ['cookie'],
        TRUSTED,
      ),
    ).to.be.false;
  });
});
