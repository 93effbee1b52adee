import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { Container } from 'typedi';
import { ConfigurationError } from '../../../src/errors';
import type { KeySet } from '../../../src/oidc/key-set';
import { checkAccessTokenOptions } from '../../../src/oidc/options';
import { MemoryProofStore } from '../../../src/oidc/proof-store';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'a' };
const privateKey = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'private' };
const oct = { kty: 'oct', k: 'c2VjcmV0LXNlY3JldA', kid: 'oct' };

const good = { issuer: 'https://id.example/realms/app', audience: 'notes-api' };
const introspection = { clientId: 'api', clientSecret: 'c2VjcmV0-of-client' };
const dpop = { origin: 'https://api.example' };
const secret = 'x'.repeat(32);

describe('checkAccessTokenOptions', () => {
  it('fills in the defaults', () => {
    const settings = checkAccessTokenOptions(good);
    expect(settings).to.deep.include({
      issuer: good.issuer,
      audience: ['notes-api'],
      audienceClaim: 'aud',
      type: 'auto',
      keys: undefined,
      introspection: undefined,
      dpop: undefined,
      mtls: false,
      users: 'userstore',
      userPrefix: '',
      roles: undefined,
      clockToleranceSeconds: 30,
      maxAgeSeconds: 86_400,
      tokenCache: 1000,
      clock: undefined,
    });
    expect(settings.algorithms).to.have.length(11).and.include.members(['RS256', 'PS512', 'ES384', 'EdDSA']);
  });

  it('fills in the defaults of introspection and DPoP', () => {
    const settings = checkAccessTokenOptions({
      ...good,
      introspection,
      dpop: { ...dpop, nonce: { secret } },
    });
    expect(settings.introspection).to.include({ cacheSeconds: 0, maxConcurrent: 50, prefix: undefined });
    expect(settings.dpop).to.deep.include({
      origin: 'https://api.example',
      required: false,
      algorithms: ['ES256', 'EdDSA', 'PS256', 'RS256'],
      maxAgeSeconds: 60,
    });
    expect(settings.dpop?.nonce?.seconds).to.equal(300);
    expect(settings.dpop?.nonce?.secret.export().toString()).to.equal(secret);
  });

  const taken: Readonly<Record<string, object>> = {
    'an issuer with a slash at its end': { issuer: 'https://tenant.auth0.com/' },
    'an issuer with a port': { issuer: 'https://id.example:8443/a' },
    'http on loopback': { issuer: 'http://127.0.0.1:4000' },
    'several audiences': { audience: ['a', 'b'] },
    'the client as audience': { audienceClaim: 'client_id' },
    'one type': { type: 'at+jwt' },
    'one algorithm': { algorithms: ['ES256'] },
    'the address of keys, with a query': { keys: { jwksUri: 'https://id.example/keys?p=policy' } },
    keys: { keys: { jwks: { keys: [key, { ...key, use: 'enc' }] } } },
    introspection: { introspection: { ...introspection, prefix: ['a_', 'b_'], cacheSeconds: 60 } },
    'an address for introspection': { introspection: { ...introspection, endpoint: 'https://id.example/i' } },
    'an origin with a path': { dpop: { origin: 'https://api.example/v1/', required: true } },
    'a secret in bytes': { dpop: { ...dpop, nonce: { secret: new Uint8Array(32), seconds: 60 } } },
    'a store of proofs': { dpop: { ...dpop, replays: new MemoryProofStore() } },
    'limits that are zero': { clockToleranceSeconds: 0, tokenCache: 0 },
    'users of claims': {
      users: 'claims',
      userPrefix: 'company:',
      roles: () => [],
      mtls: true,
      clock: Date.now,
    },
    'options that are undefined': { keys: undefined, roles: undefined, clock: undefined, dpop: undefined },
  };
  for (const [what, more] of Object.entries(taken)) {
    it(`takes ${what}`, () => {
      checkAccessTokenOptions({ ...good, ...more });
    });
  }

  it('copies what it is given', () => {
    const audience = ['notes-api'];
    const jwks = { keys: [{ ...key }] };
    const settings = checkAccessTokenOptions({ ...good, audience, keys: { jwks } });
    audience.push('other');
    jwks.keys[0]!.kid = 'other';
    expect(settings.audience).to.deep.equal(['notes-api']);
    expect((settings.keys as KeySet).matching('ES256', 'a')).to.have.length(1);
    expect(
      checkAccessTokenOptions({ ...good, dpop: { origin: 'https://a.example/v1/' } }).dpop?.origin,
    ).to.equal('https://a.example/v1');
  });

  const refused: Readonly<Record<string, [options: unknown, says: string]>> = {
    'no options': [undefined, 'issuer'],
    'the container of TypeDI in place of options': [Container.of('oidc'), 'issuer'],
    'no issuer': [{ ...good, issuer: undefined }, 'issuer'],
    'an issuer in clear': [{ ...good, issuer: 'http://id.example' }, 'issuer'],
    'an issuer with a query': [{ ...good, issuer: 'https://id.example/?tenant=a' }, 'issuer'],
    'an issuer with an empty query': [{ ...good, issuer: 'https://id.example/?' }, 'issuer'],
    'an issuer with a fragment': [{ ...good, issuer: 'https://id.example/#a' }, 'issuer'],
    'an issuer with a password': [{ ...good, issuer: 'https://a:c2VjcmV0@id.example/' }, 'issuer'],
    'an issuer without a scheme': [{ ...good, issuer: 'accounts.example' }, 'issuer'],
    'a URL object as issuer': [{ ...good, issuer: new URL(good.issuer) }, 'issuer'],
    'no audience': [{ issuer: good.issuer }, 'audience'],
    'an empty audience': [{ ...good, audience: '' }, 'audience'],
    'an empty list of audiences': [{ ...good, audience: [] }, 'audience'],
    'an audience that is no text': [{ ...good, audience: ['a', null] }, 'audience'],
    'a list of audiences with a hole': [{ ...good, audience: Array(1) }, 'audience'],
    'another claim for the audience': [{ ...good, audienceClaim: 'azp' }, 'audienceClaim'],
    'another type': [{ ...good, type: 'JWT' }, 'type'],
    'an empty list of algorithms': [{ ...good, algorithms: [] }, 'algorithms'],
    'a symmetric algorithm': [{ ...good, algorithms: ['RS256', 'HS256'] }, 'algorithms'],
    'the algorithm none': [{ ...good, algorithms: ['none'] }, 'algorithms'],
    'an unknown algorithm': [{ ...good, algorithms: ['ES256K'] }, 'algorithms'],
    'an algorithm as text': [{ ...good, algorithms: 'RS256' }, 'algorithms'],
    'null as algorithms': [{ ...good, algorithms: null }, 'algorithms'],
    'keys that are no object': [{ ...good, keys: 'https://id.example/keys' }, 'keys'],
    'empty keys': [{ ...good, keys: {} }, 'keys'],
    'null as keys': [{ ...good, keys: null }, 'keys'],
    'both forms of keys': [
      { ...good, keys: { jwksUri: 'https://a.example', jwks: { keys: [key] } } },
      'keys',
    ],
    'misspelt keys': [{ ...good, keys: { jwksUrl: 'https://a.example' } }, 'keys'],
    'keys in clear': [{ ...good, keys: { jwksUri: 'http://id.example/keys' } }, 'jwksUri'],
    'a set without keys': [{ ...good, keys: { jwks: {} } }, 'jwks'],
    'an empty set of keys': [{ ...good, keys: { jwks: { keys: [] } } }, 'jwks'],
    'a list of keys in place of a set': [{ ...good, keys: { jwks: [key] } }, 'jwks'],
    'null as a set of keys': [{ ...good, keys: { jwks: null } }, 'jwks'],
    'a private key': [
      { ...good, keys: { jwks: { keys: [key, privateKey] } } },
      "'private': it is a private key",
    ],
    'a symmetric key': [{ ...good, keys: { jwks: { keys: [oct] } } }, "'oct': it is a symmetric key"],
    'a key that cannot be read': [{ ...good, keys: { jwks: { keys: [{ ...key, x: 'AA' }] } } }, 'jwks'],
    'a hole in place of a key': [{ ...good, keys: { jwks: { keys: Array(1) } } }, 'jwks'],
    'keys of other algorithms': [
      { ...good, algorithms: ['RS256'], keys: { jwks: { keys: [key] } } },
      'algorithms',
    ],
    'introspection without a client': [
      { ...good, introspection: { clientSecret: 'a' } },
      'introspection.clientId',
    ],
    'introspection without a secret': [
      { ...good, introspection: { ...introspection, clientSecret: undefined } },
      'introspection.clientSecret',
    ],
    'introspection with an empty secret': [
      { ...good, introspection: { ...introspection, clientSecret: '' } },
      'introspection.clientSecret',
    ],
    'introspection in clear': [
      { ...good, introspection: { ...introspection, endpoint: 'http://id.example/i' } },
      'introspection.endpoint',
    ],
    'an empty prefix': [{ ...good, introspection: { ...introspection, prefix: '' } }, 'introspection.prefix'],
    'no prefixes': [{ ...good, introspection: { ...introspection, prefix: [] } }, 'introspection.prefix'],
    'an empty one of several prefixes': [
      { ...good, introspection: { ...introspection, prefix: ['a', ''] } },
      'introspection.prefix',
    ],
    'a negative cache': [
      { ...good, introspection: { ...introspection, cacheSeconds: -1 } },
      'introspection.cacheSeconds',
    ],
    'no question at once': [
      { ...good, introspection: { ...introspection, maxConcurrent: 0 } },
      'introspection.maxConcurrent',
    ],
    'an unknown option of introspection': [
      { ...good, introspection: { ...introspection, cache: 1 } },
      '"cache"',
    ],
    'true as introspection': [{ ...good, introspection: true }, 'introspection'],
    'DPoP without an origin': [{ ...good, dpop: {} }, 'dpop.origin'],
    'DPoP in clear': [{ ...good, dpop: { origin: 'http://api.example' } }, 'dpop.origin'],
    'an origin with a query': [{ ...good, dpop: { origin: 'https://api.example/?a' } }, 'dpop.origin'],
    'symmetric proofs': [{ ...good, dpop: { ...dpop, algorithms: ['HS256'] } }, 'dpop.algorithms'],
    'no algorithms of proofs': [{ ...good, dpop: { ...dpop, algorithms: [] } }, 'dpop.algorithms'],
    'proofs that last too long': [{ ...good, dpop: { ...dpop, maxAgeSeconds: 301 } }, 'dpop.maxAgeSeconds'],
    'proofs that do not last': [{ ...good, dpop: { ...dpop, maxAgeSeconds: 0 } }, 'dpop.maxAgeSeconds'],
    'a nonce without a secret': [
      { ...good, dpop: { ...dpop, nonce: { secret: undefined } } },
      'nonce.secret',
    ],
    'a nonce with a short secret': [
      { ...good, dpop: { ...dpop, nonce: { secret: 'x'.repeat(31) } } },
      '32 bytes',
    ],
    'a nonce of true': [{ ...good, dpop: { ...dpop, nonce: true } }, 'dpop.nonce'],
    'a store that cannot add': [{ ...good, dpop: { ...dpop, replays: new Map() } }, 'dpop.replays'],
    'true as DPoP': [{ ...good, dpop: true }, 'dpop'],
    'a text for mtls': [{ ...good, mtls: 'true' }, 'mtls'],
    'other users': [{ ...good, users: 'token' }, 'users'],
    'a prefix that is no text': [{ ...good, userPrefix: null }, 'userPrefix'],
    'roles in a list': [{ ...good, roles: ['admin'] }, 'roles'],
    'a tolerance of minutes': [{ ...good, clockToleranceSeconds: 61 }, 'clockToleranceSeconds'],
    'a negative tolerance': [{ ...good, clockToleranceSeconds: -1 }, 'clockToleranceSeconds'],
    'a life of nothing': [{ ...good, maxAgeSeconds: 0 }, 'maxAgeSeconds'],
    'a life of more than a year': [{ ...good, maxAgeSeconds: 31_536_001 }, 'maxAgeSeconds'],
    'a life that is NaN': [{ ...good, maxAgeSeconds: NaN }, 'maxAgeSeconds'],
    'a cache that is too large': [{ ...good, tokenCache: 1_000_001 }, 'tokenCache'],
    'a clock that stands': [{ ...good, clock: 1 }, 'clock'],
    'an unknown option': [{ ...good, audiences: ['a'] }, '"audiences"'],
  };
  for (const [what, [options, says]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => checkAccessTokenOptions(options))
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.includes('AccessTokenProvider: ')
        .and.includes(says)
        .and.not.match(/c2VjcmV0|x{31}/);
    });
  }
});
