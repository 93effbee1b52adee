import { expect } from 'chai';
import type { Problem } from '../../../src/core/events';
import { SecurityError, ServiceUnavailableError, TokenInvalidError } from '../../../src/errors';
import { Discovery } from '../../../src/oidc/discovery';
import { JsonFetcher } from '../../../src/oidc/fetch-json';
import { Introspection } from '../../../src/oidc/introspection';
import type { IntrospectionSettings } from '../../../src/oidc/introspection-options';
import { eventually } from '../../support/eventually';
import { type Answer, ScriptedIssuer, sendJson } from '../../support/scripted-issuer';

const NOW = 1_700_000_000;

describe('Introspection', () => {
  let now: number;
  let issuer: ScriptedIssuer;
  let fetcher: JsonFetcher;
  let told: Pick<Problem, 'type' | 'problem'>[];

  beforeEach(async () => {
    now = NOW;
    told = [];
    issuer = await ScriptedIssuer.start();
    fetcher = new JsonFetcher();
    answer({ active: true, sub: 'alice' });
  });
  afterEach(async () => {
    fetcher.close();
    await issuer.close();
  });

  const answer = (value: Answer | object) => issuer.on('/introspect', value);
  const clock = () => now * 1000;
  const create = (more: Partial<IntrospectionSettings> = {}) =>
    new Introspection(
      {
        endpoint: `${issuer.origin}/introspect`,
        clientId: 'api',
        clientSecret: 'c2VjcmV0',
        prefix: undefined,
        cacheSeconds: 0,
        maxConcurrent: 50,
        ...more,
      },
      {
        discovery: new Discovery(issuer.origin, fetcher, clock),
        fetcher,
        clock,
        report: (problem) => told.push(problem),
      },
    );
  const failure = async (promise: Promise<unknown>): Promise<SecurityError> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SecurityError);
    return error as SecurityError;
  };
  const bad = async (promise: Promise<unknown>) =>
    expect(await failure(promise)).to.be.instanceOf(TokenInvalidError);
  const unavailable = async (promise: Promise<unknown>) =>
    expect(await failure(promise)).to.be.instanceOf(ServiceUnavailableError);
  const asked = () => issuer.count('/introspect');

  it('asks as RFC 7662 says, with id and secret encoded as in a form (RFC 6749 section 2.3.1)', async () => {
    const introspection = create({ clientId: 'my:api', clientSecret: 'a b+c%ü' });
    expect(await introspection.ask('opaque+token/=')).to.deep.equal({ active: true, sub: 'alice' });
    const [{ method, body, headers }] = issuer.asked as [(typeof issuer.asked)[0]];
    expect(method).to.equal('POST');
    expect(body).to.equal('token=opaque%2Btoken%2F%3D&token_type_hint=access_token');
    expect(headers).to.include({ accept: 'application/json' });
    const [scheme, credentials = ''] = headers.authorization!.split(' ');
    expect(scheme).to.equal('Basic');
    expect(Buffer.from(credentials, 'base64').toString()).to.equal('my%3Aapi:a+b%2Bc%25%C3%BC');
  });

  it('returns what cannot be changed', async () => {
    answer({ active: true, aud: ['a'], nested: { list: [] } });
    const claims = await create().ask('a');
    expect(claims).to.be.frozen;
    expect(claims['nested']).to.be.frozen;
  });

  for (const active of [false, 'true', 1, null, undefined, {}, [true]]) {
    it(`does not take ${JSON.stringify(active)} for active`, async () => {
      answer({ active, sub: 'alice' });
      await bad(create().ask('a'));
    });
  }

  const failing: Readonly<Record<string, Answer>> = {
    'a server error': (_, response) => sendJson(response, { active: true }, 500),
    'a redirect': (_, response) => response.writeHead(307, { Location: '/introspect' }).end(),
    'a list': (_, response) => sendJson(response, [{ active: true }]),
    'no JSON': (_, response) => response.end('active=true'),
    'a closed connection': (_, response) => response.destroy(),
    'a body that is too long': (_, response) =>
      response.end(JSON.stringify({ active: true, a: 'x'.repeat(600_000) })),
  };
  for (const [what, script] of Object.entries(failing)) {
    it(`is unavailable for ${what}, and says so once`, async () => {
      answer(script);
      const introspection = create({ cacheSeconds: 60 });
      for (let index = 0; index < 3; index += 1) await unavailable(introspection.ask('t0ken'));
      expect(told.map(({ type }) => type)).to.deep.equal(['degraded']);
      expect(JSON.stringify(told)).to.not.match(/t0ken|c2VjcmV0/);
      answer({ active: true });
      await introspection.ask('t0ken');
      await introspection.ask('other');
      expect(told.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
    });
  }

  for (const status of [401, 403]) {
    it(`also says that it is set up wrongly where the issuer answers with ${status}`, async () => {
      answer((_, response) => sendJson(response, { error: 'invalid_client' }, status));
      const introspection = create();
      for (let index = 0; index < 3; index += 1) await unavailable(introspection.ask('a'));
      expect(told.map(({ type = 'misconfigured' }) => type)).to.deep.equal(['misconfigured', 'degraded']);
    });
  }

  it('finds the endpoint by discovery', async () => {
    issuer.on('/.well-known/openid-configuration', {
      issuer: issuer.origin,
      introspection_endpoint: `${issuer.origin}/introspect`,
    });
    const introspection = create({ endpoint: undefined });
    for (let index = 0; index < 3; index += 1) await introspection.ask('a');
    expect(issuer.count('/.well-known/openid-configuration')).to.equal(1);
  });

  for (const introspection_endpoint of [undefined, 1, 'http://id.example/introspect', '/introspect']) {
    it(`is unavailable where discovery states ${String(introspection_endpoint)} as the endpoint`, async () => {
      const path = '/.well-known/openid-configuration';
      issuer.on(path, { issuer: issuer.origin, introspection_endpoint });
      const introspection = create({ endpoint: undefined });
      for (let index = 0; index < 20; index += 1) await unavailable(introspection.ask('a'));
      expect(issuer.asked).to.have.length(1);
    });
  }

  it('asks each time by default, so that a revoked token ends at once', async () => {
    const introspection = create();
    await introspection.ask('a');
    answer({ active: false });
    await bad(introspection.ask('a'));
  });

  it('keeps that a token is not active for five seconds', async () => {
    answer({ active: false });
    const introspection = create();
    for (let index = 0; index < 5; index += 1) await bad(introspection.ask('a'));
    expect(asked()).to.equal(1);
    await bad(introspection.ask('b'));
    expect(asked()).to.equal(2);
    now += 5;
    answer({ active: true });
    await introspection.ask('a');
  });

  it('keeps at most 1000 tokens that are not active', async () => {
    answer({ active: false });
    const introspection = create();
    for (let index = 0; index <= 1000; index += 1) await bad(introspection.ask(`t${index}`));
    await bad(introspection.ask('t1000'));
    expect(asked()).to.equal(1001);
    await bad(introspection.ask('t0'));
    expect(asked()).to.equal(1002);
  });

  it('keeps what is active for a while, yet never past exp', async () => {
    const introspection = create({ cacheSeconds: 60 });
    await introspection.ask('a');
    now += 59;
    await introspection.ask('a');
    expect(asked()).to.equal(1);
    now += 1;
    await introspection.ask('a');
    expect(asked()).to.equal(2);
    answer({ active: true, exp: now + 10 });
    await introspection.ask('b');
    now += 9;
    await introspection.ask('b');
    expect(asked()).to.equal(3);
    now += 1;
    await introspection.ask('b');
    expect(asked()).to.equal(4);
  });

  for (const exp of ['soon', String(2 * NOW), [2 * NOW], null, { toString: 0 }]) {
    it(`keeps nothing whose exp is ${JSON.stringify(exp)}, and tells it as it is`, async () => {
      answer({ active: true, exp });
      const introspection = create({ cacheSeconds: 60 });
      await introspection.ask('a');
      expect(await introspection.ask('a')).to.have.property('active', true);
      expect(asked()).to.equal(2);
    });
  }

  it('takes the later of two answers that were asked for at once', async () => {
    const waiting: ((isActive: boolean) => void)[] = [];
    answer((_, response) => waiting.push((active) => sendJson(response, { active })));
    const introspection = create({ cacheSeconds: 60 });
    const questions = [introspection.ask('a'), introspection.ask('a')];
    const settled = Promise.allSettled(questions);
    await eventually(() => waiting.length === 2);
    waiting[0]?.(true);
    await Promise.any(questions);
    waiting[1]?.(false);
    await settled;
    await bad(introspection.ask('a'));
    expect(asked()).to.equal(2);
  });

  it('asks again after the clock was set back', async () => {
    const introspection = create({ cacheSeconds: 60 });
    await introspection.ask('a');
    now -= 3600;
    await introspection.ask('a');
    expect(asked()).to.equal(2);
  });

  it('forgets the answers about a user, and those about nobody known', async () => {
    const introspection = create({ cacheSeconds: 60 });
    for (const [token, username] of [
      ['a', 'alice'],
      ['b', 'bob'],
      ['c', undefined],
    ] as const) {
      await introspection.ask(token);
      if (username !== undefined) introspection.noteUser(token, username);
    }
    introspection.noteUser('unknown', 'alice');
    introspection.forget('alice');
    for (const token of ['a', 'b', 'c']) await introspection.ask(token);
    expect(asked()).to.equal(5);
  });

  it('does not keep an answer that was asked for before something was forgotten', async () => {
    const introspection = create({ cacheSeconds: 60 });
    answer((_, response) => {
      introspection.forget('alice');
      sendJson(response, { active: true });
    });
    await introspection.ask('a');
    answer({ active: false });
    await bad(introspection.ask('a'));
  });

  it("refuses more at once than it may ask, and takes no one's place for it", async () => {
    const waiting: (() => void)[] = [];
    answer((_, response) => waiting.push(() => sendJson(response, { active: true })));
    const introspection = create();
    const questions = Array.from({ length: 300 }, (_, index) => introspection.ask(`t${index}`));
    const settled = Promise.allSettled(questions);
    await eventually(() => waiting.length === 50);
    for (const end of waiting.splice(0)) end();
    const results = await settled;
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(50);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(ServiceUnavailableError);
    }
    answer({ active: true });
    await introspection.ask('later');
    expect(told).to.deep.equal([]);
  });

  it('covers what begins with a prefix, or everything where there is none', () => {
    expect(create().covers('x')).to.equal(true);
    const introspection = create({ prefix: ['acme_', 'old-'] });
    expect(introspection.covers('acme_1')).to.equal(true);
    expect(introspection.covers('old-1')).to.equal(true);
    for (const token of ['', 'acme', 'ACME_1', 'xacme_1'])
      expect(introspection.covers(token)).to.equal(false);
  });
});
