import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { expect } from 'chai';
import type { Problem } from '../../../src/core/events';
import { SecurityError, ServiceUnavailableError, TokenInvalidError } from '../../../src/errors';
import { Discovery } from '../../../src/oidc/discovery';
import { JsonFetcher } from '../../../src/oidc/fetch-json';
import { KeySet } from '../../../src/oidc/key-set';
import { FetchedKeys, FixedKeys } from '../../../src/oidc/key-source';
import { ScriptedIssuer, sendJson } from '../../support/scripted-issuer';

const newKey = (kid: string): JsonWebKey => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
});
const [one, two] = [newKey('one'), newKey('two')];
const OPENID = '/.well-known/openid-configuration';
const MINUTE = 60_000;

describe('FetchedKeys', () => {
  let now: number;
  let issuer: ScriptedIssuer;
  let fetcher: JsonFetcher;
  let told: Pick<Problem, 'type' | 'problem'>[];

  beforeEach(async () => {
    now = 1_700_000_000_000;
    told = [];
    issuer = await ScriptedIssuer.start();
    fetcher = new JsonFetcher();
    issuer.on('/keys', { keys: [one] });
  });
  afterEach(async () => {
    fetcher.close();
    await issuer.close();
  });

  const clock = () => now;
  const keysAt = (place: string | Discovery) =>
    new FetchedKeys(place, { fetcher, clock, report: (problem) => told.push(problem) });
  const discovered = (path = '') => keysAt(new Discovery(`${issuer.origin}${path}`, fetcher, clock));
  const publish = (more: object = {}, path = '') =>
    issuer.on(`${path.replace(/\/$/, '')}${OPENID}`, {
      issuer: `${issuer.origin}${path}`,
      jwks_uri: `${issuer.origin}/keys`,
      ...more,
    });
  const failure = async (promise: Promise<unknown>): Promise<SecurityError> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SecurityError);
    return error as SecurityError;
  };
  const unavailable = async (promise: Promise<unknown>) =>
    expect(await failure(promise)).to.be.instanceOf(ServiceUnavailableError);
  const bad = async (promise: Promise<unknown>) =>
    expect(await failure(promise)).to.be.instanceOf(TokenInvalidError);

  it('fetches the keys once for all who ask', async () => {
    const keys = keysAt(`${issuer.origin}/keys`);
    const found = await Promise.all(Array.from({ length: 300 }, () => keys.find('ES256', 'one')));
    expect(new Set(found.flat())).to.have.property('size', 1);
    expect(issuer.count('/keys')).to.equal(1);
    expect(keys.has(found[0]![0]!)).to.equal(true);
    expect(told).to.deep.equal([]);
  });

  it('fetches once per 30 seconds for a flood of unknown kids, while good ones go on', async () => {
    const keys = keysAt(`${issuer.origin}/keys`);
    await keys.find('ES256', 'one');
    for (let second = 0; second < 60; second += 1) {
      const flood = Array.from({ length: 20 }, (_, index) => bad(keys.find('ES256', `x${second}-${index}`)));
      expect(await keys.find('ES256', 'one')).to.have.length(1);
      await Promise.all(flood);
      now += 1000;
    }
    expect(issuer.count('/keys')).to.equal(2);
  });

  it('finds a key that the issuer begins to use, and no longer one that it has taken back', async () => {
    const keys = keysAt(`${issuer.origin}/keys`);
    const [old] = await keys.find('ES256', 'one');
    issuer.on('/keys', { keys: [two] });
    now += 30_000;
    expect(await keys.find('ES256', 'two')).to.have.length(1);
    expect(keys.has(old!)).to.equal(false);
    await bad(keys.find('ES256', 'one'));
  });

  it('replaces every key object with each refresh', async () => {
    const keys = keysAt(`${issuer.origin}/keys`);
    const [old] = await keys.find('ES256', 'one');
    now += 30_000;
    await bad(keys.find('ES256', 'unknown'));
    expect(keys.has(old!)).to.equal(false);
    const [renewed] = await keys.find('ES256', 'one');
    expect(renewed!.equals(old!)).to.equal(true);
  });

  it('uses its keys while the issuer is down, tells it once, and that it is back', async () => {
    const keys = keysAt(`${issuer.origin}/keys`);
    await keys.find('ES256', 'one');
    issuer.down();
    for (let minute = 0; minute < 59; minute += 1) {
      now += MINUTE;
      expect(await keys.find('ES256', 'one')).to.have.length(1);
      await unavailable(keys.find('ES256', 'new'));
    }
    now += MINUTE;
    await unavailable(keys.find('ES256', 'one'));
    expect(told.map(({ type }) => type)).to.deep.equal(['degraded']);
    issuer.up();
    now += 30_000;
    expect(await keys.find('ES256', 'one')).to.have.length(1);
    expect(told.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
  });

  it('is unavailable for anything but a set of keys, and says why without quoting', async () => {
    for (const wrong of [{}, { keys: null }, { keys: { 0: one } }, { keys: 'secret' }, { secret: 1 }]) {
      issuer.on('/keys', wrong);
      await unavailable(keysAt(`${issuer.origin}/keys`).find('ES256', 'one'));
      expect(told.at(-1)).to.have.property('type', 'degraded');
      expect(told.at(-1)?.problem).to.include('not a set of keys').and.not.include('secret');
    }
  });

  it('has no key for anybody where the issuer has taken all back', async () => {
    issuer.on('/keys', { keys: [] });
    await bad(keysAt(`${issuer.origin}/keys`).find('ES256', 'one'));
    expect(issuer.count('/keys')).to.equal(1);
  });

  it('tells once of keys that are skipped, and again of others', async () => {
    issuer.on('/keys', { keys: [one, { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }] });
    const keys = keysAt(`${issuer.origin}/keys`);
    for (let index = 0; index < 3; index += 1) {
      await bad(keys.find('ES256', 'x'));
      expect(await keys.find('ES256', 'one')).to.have.length(1);
      now += 30_000;
    }
    expect(told).to.have.length(1);
    expect(told[0]).to.not.have.property('type');
    expect(told[0]?.problem).to.include("'shared': it is a symmetric key").and.not.include('c2VjcmV0');
    issuer.on('/keys', { keys: [one, { ...two, x: 'AA' }] });
    await bad(keys.find('ES256', 'x'));
    expect(told).to.have.length(2);
  });

  for (const path of ['', '/', '/realms/app', '/tenant/']) {
    it(`finds the keys by the discovery of an issuer that ends in '${path}'`, async () => {
      publish({}, path);
      expect(await discovered(path).find('ES256', 'one')).to.have.length(1);
    });

    it(`falls back to RFC 8414 for an issuer that ends in '${path}'`, async () => {
      const place = `/.well-known/oauth-authorization-server${path.replace(/\/$/, '')}`;
      issuer.on(place, { issuer: `${issuer.origin}${path}`, jwks_uri: `${issuer.origin}/keys` });
      expect(await discovered(path).find('ES256', 'one')).to.have.length(1);
    });
  }

  it('does not fall back where the first form answers with a server error', async () => {
    issuer.on(OPENID, (_, response) => sendJson(response, {}, 500));
    await unavailable(discovered().find('ES256', 'one'));
    expect(issuer.asked).to.have.length(1);
  });

  const mismatches: Readonly<Record<string, (origin: string) => unknown>> = {
    'another issuer': () => 'https://evil.example',
    'a slash more': (origin) => `${origin}/`,
    'no issuer': () => undefined,
    'a list': (origin) => [origin],
  };
  for (const [what, stated] of Object.entries(mismatches)) {
    it(`is unavailable where discovery states ${what}`, async () => {
      publish({ issuer: stated(issuer.origin) });
      await unavailable(discovered().find('ES256', 'one'));
      expect(told[0]?.problem).to.include('discovery states the issuer as ');
      expect(told[0]?.problem).to.include(`, the options as ${issuer.origin}`);
      expect(issuer.count('/keys')).to.equal(0);
    });
  }

  it('says what to do about an issuer with several tenants', async () => {
    publish({ issuer: 'https://login.example/{tenantid}/v2.0' });
    await unavailable(discovered().find('ES256', 'one'));
    expect(told[0]?.problem).to.include('a provider for each');
  });

  for (const [what, jwks_uri] of Object.entries({
    'none at all': undefined,
    'no text': ['/keys'],
    'a path': '/keys',
    'http elsewhere': 'http://id.example/keys',
    'a file': 'file:///etc/passwd',
  })) {
    it(`is unavailable where the address of the keys is ${what}`, async () => {
      publish({ jwks_uri });
      await unavailable(discovered().find('ES256', 'one'));
      expect(told).to.have.length(1);
    });
  }

  it('reads the discovery once an hour', async () => {
    publish();
    const keys = discovered();
    for (let minutes = 0; minutes < 180; minutes += 10) {
      await keys.find('ES256', 'one');
      // Waits for what is loaded in the background.
      await bad(keys.find('ES256', 'unknown'));
      now += 10 * MINUTE;
    }
    expect(issuer.count(OPENID)).to.be.within(2, 4);
  });

  it('reads the discovery again when the keys are no longer where it said', async () => {
    publish();
    const keys = discovered();
    await keys.find('ES256', 'one');
    issuer.on('/keys', (_, response) => response.writeHead(404).end());
    issuer.on('/moved', { keys: [two] });
    publish({ jwks_uri: `${issuer.origin}/moved` });
    now += 30_000;
    expect(await keys.find('ES256', 'two')).to.have.length(1);
    expect(told).to.deep.equal([]);
  });

  it('starts in the background, and does nothing once it is closed', async () => {
    publish();
    const keys = discovered();
    keys.start();
    expect(await keys.find('ES256', 'one')).to.have.length(1);
    expect(issuer.count('/keys')).to.equal(1);
    keys.close();
    await unavailable(keys.find('ES256', 'one'));
    keys.start();
    expect(issuer.asked).to.have.length(2);
  });

  it('leaves no rejection behind where the issuer is down at the start', async () => {
    issuer.down();
    const keys = discovered();
    keys.start();
    await unavailable(keys.find('ES256', 'one'));
    expect(told.map(({ type }) => type)).to.deep.equal(['degraded']);
    expect(told[0]?.problem).to.include(`${issuer.origin}${OPENID} cannot be reached`);
  });
});

describe('FixedKeys', () => {
  it('finds the keys of the options and asks nobody', async () => {
    const keys = new FixedKeys(new KeySet([one, two]));
    keys.start();
    const [key] = await keys.find('ES256', 'two');
    expect(keys.has(key!)).to.equal(true);
    const error: unknown = await keys.find('ES256', 'three').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TokenInvalidError);
    keys.close();
  });
});
