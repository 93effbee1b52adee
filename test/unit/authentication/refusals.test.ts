import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { Audit } from '../../../src/audit/audit';
import type { Unauthenticated } from '../../../src/authentication/chain';
import type { Verdict } from '../../../src/authentication/verdicts';
import type { AuthProviderInterface } from '../../../src/core/auth-provider';
import type { SecurityEvent } from '../../../src/core/events';
import type { SecurityRequest } from '../../../src/core/request';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  BadCredentialsError,
  InvalidRequestError,
  type SecurityError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../../src/errors';
import { resolveOptions, type SecurityOptions } from '../../../src/options';
import { Recorder } from '../../../src/authentication/recorder';
import { Refusals } from '../../../src/authentication/refusals';
import { DEADLINE_MS, hang, holdDeadlines } from '../../support/deadlines';
import { fakeRequest } from '../../support/fake-request';
import { MemoryLogger } from '../../support/reset';
import { stateOf } from './fakes';

function challenging(name: string, challenge: AuthProviderInterface['challenge']) {
  const provider: AuthProviderInterface = { authenticate: () => null, ...(challenge && { challenge }) };
  return { name, get: () => provider };
}

const BASIC = challenging('Password', () => ({ scheme: 'Basic' }));
const BEARER = challenging('Token', () => ({ scheme: 'Bearer' }));

function setUp(options: SecurityOptions = {}, providers = [BASIC, BEARER], headers = {}) {
  const events: SecurityEvent[] = [];
  const logger = new MemoryLogger();
  const audit = new Audit((event) => void events.push(event), logger, Date.now);
  const { realm, basicChallengeForScripts, deadlineMs, onUnauthorized } = resolveOptions(options);
  const links = () => providers;
  const refusals = new Refusals({
    audit,
    recorder: new Recorder(audit),
    links,
    credentialHeaders: () => ['authorization'],
    realm,
    basicChallengeForScripts,
    metadataUrl: undefined,
    loginPage: undefined,
    deadlineMs,
    onUnauthorized,
  });
  const raw = new IncomingMessage(new Socket());
  const response = new ServerResponse(raw);
  const request: SecurityRequest = { ...fakeRequest({ headers }), action: { request: raw, response } };
  return { refusals, events, logger, response, request, state: stateOf(request) };
}

function unauthenticated(
  error: () => SecurityError,
  verdicts: Verdict[] = [],
  kind: Unauthenticated['kind'] = 'refused',
) {
  return { kind, error, verdicts, headersRead: [] };
}

const anonymous = unauthenticated(() => new AuthenticationRequiredError(), [], 'anonymous');

describe('Refusals', () => {
  it('gives the error every challenge, Bearer first, and leaves the response to the host', async () => {
    const { refusals, state, response } = setUp();
    const error = await refusals.refuse(state, anonymous);
    expect(error).to.be.instanceOf(AuthenticationRequiredError);
    expect(error.headers).to.deep.equal({
      'Cache-Control': 'private, no-store',
      'WWW-Authenticate': ['Bearer realm="api"', 'Basic realm="api"'],
    });
    expect({ ...response.getHeaders() }).to.deep.equal({});
  });

  it('says in the Bearer challenge what became of the token (RFC 6750 section 3)', async () => {
    const { refusals, state } = setUp({}, [BASIC, BEARER], { authorization: 'Bearer x' });
    const verdicts: Verdict[] = [
      { provider: 'Password', credentials: ['authorization'], verdict: 'no_credentials' },
      { provider: 'Token', credentials: ['authorization'], verdict: 'bad_credentials' },
    ];
    const { headers } = await refusals.refuse(
      state,
      unauthenticated(() => new BadCredentialsError(), verdicts),
    );
    expect(headers['WWW-Authenticate']).to.deep.equal([
      'Bearer realm="api", error="invalid_token"',
      'Basic realm="api"',
    ]);
  });

  const statuses: [SecurityError, challenged: boolean, retryAfter: string | undefined][] = [
    [new BadCredentialsError(), true, undefined],
    [new InvalidRequestError(), true, undefined],
    [new AccessDeniedError(), false, undefined],
    [new ThrottledError({ retryAfterSeconds: 9 }), false, '9'],
    [new ServiceUnavailableError({ retryAfterSeconds: 8 }), false, '8'],
  ];
  for (const [error, challenged, retryAfter] of statuses) {
    it(`sends ${challenged ? 'challenges' : 'no challenge'} with ${error.httpCode}`, async () => {
      const { refusals, state } = setUp();
      const { headers } = await refusals.refuse(
        state,
        unauthenticated(() => error),
      );
      expect('WWW-Authenticate' in headers).to.equal(challenged);
      expect(headers['Retry-After']).to.equal(retryAfter);
    });
  }

  it('sends no challenge twice, and none that is invalid or fails', async () => {
    const failing = challenging('Failing', () => {
      throw new Error('no realm');
    });
    const split = challenging('Split', () => ({ scheme: 'X', params: { a: 'x\r\ny: z' } }));
    const silent = challenging('Silent', undefined);
    const again = challenging('Again', () => ({ scheme: 'Basic' }));
    const { refusals, state, logger } = setUp({}, [failing, split, silent, BASIC, again]);
    const { headers } = await refusals.refuse(state, anonymous);
    expect(headers['WWW-Authenticate']).to.deep.equal(['Basic realm="api"']);
    expect(logger.lines).to.have.length(2);
    expect(logger.lines.join()).to.match(/Failing has no valid challenge.*Split has no valid challenge/);
  });

  it('throws a denial in place of an outcome', async () => {
    const { refusals, state } = setUp();
    const denial = new AccessDeniedError();
    expect(await refusals.deny(state, denial, {})).to.equal(denial);
  });

  it('tells once of an anonymous request that was refused, and of no other here', async () => {
    const { refusals, state, events } = setUp();
    const error = await refusals.refuse(state, anonymous);
    expect(await refusals.refuse(state, anonymous)).to.equal(error);
    await refusals.refuse(
      setUp().state,
      unauthenticated(() => new BadCredentialsError()),
    );
    expect(events.map((event) => event.type === 'failed' && event.code)).to.deep.equal([
      'authentication_required',
    ]);
  });

  it("keeps the reply's Vary where a framework keeps only an error's own headers", async () => {
    const { refusals, state, response } = setUp();
    response.setHeader('Vary', 'Authorization, Origin');
    expect((await refusals.refuse(state, anonymous)).headers).to.include({ Vary: 'Authorization, Origin' });
  });

  it("completes an app's error that has headers of its own, once, copies of it too", () => {
    const { refusals, state } = setUp();
    const error = new BadCredentialsError();
    error.headers = { 'Cache-Control': 'no-cache' };
    refusals.complete(error, state, {});
    expect(error.headers).to.include({ 'Cache-Control': 'no-cache' }).and.have.property('WWW-Authenticate');
    const copy = Object.create(null, Object.getOwnPropertyDescriptors(error)) as BadCredentialsError;
    copy.headers = {};
    refusals.complete(copy, state, {});
    expect(copy.headers).to.deep.equal({});
  });

  it('takes a time to retry after only where it is a number', () => {
    const unreadable = Object.create(null) as object;
    const values: [unknown, string][] = [[9, '9'], [0, '0'], [unreadable, '1'], ['5', '1'], [NaN, '1'], [-1, '1'], [undefined, '1']]; // prettier-ignore
    for (const [retryAfterSeconds, expected] of values) {
      const { refusals, state } = setUp();
      const error = Object.assign(new ServiceUnavailableError(), { retryAfterSeconds });
      refusals.complete(error, state, {});
      expect(error.headers).to.include({ 'Retry-After': expected });
    }
  });

  it('leaves headers that an error has already', () => {
    const { refusals, state } = setUp();
    const error = new BadCredentialsError();
    error.headers = { 'Retry-After': '1' };
    refusals.complete(error, state, {});
    const { headers } = error;
    expect(headers).to.include({ 'Retry-After': '1' }).and.have.property('WWW-Authenticate');
    refusals.complete(error, state, {});
    expect(error.headers).to.equal(headers);
  });

  describe('with an onUnauthorized hook', () => {
    holdDeadlines();

    it('shapes the reply', async () => {
      const { refusals, state } = setUp({
        onUnauthorized: async (own, error) => ({
          status: 404,
          headers: { 'X-Path': own.path, 'X-Code': error.code },
          body: { error: 'gone' },
        }),
      });
      const error = await refusals.refuse(state, anonymous);
      expect(error).to.include({ httpCode: 404 });
      expect(JSON.stringify(error)).to.equal('{"error":"gone"}');
      expect(error.headers).to.include({ 'X-Path': '/', 'X-Code': 'authentication_required' });
    });

    const useless: [string, () => unknown][] = [
      ['returns undefined', () => undefined],
      ['returns null', () => null],
      ['returns true', () => true],
      ['returns a string', () => 'let them in'],
      ['returns status 200', () => ({ status: 200 })],
      ['throws', () => { throw new Error('x'); }],
      ['throws undefined', () => { throw undefined; }],
      ['rejects', () => Promise.reject(new Error('x'))],
      ['never answers', hang],
      ['sends headers that are none', () => ({ headers: { 'X-A': 'x\r\ny: z', 'b c': '1' } })],
      ['returns a throwing getter', () => ({ get status() { throw new Error('x'); } })],
    ]; // prettier-ignore
    for (const [what, hook] of useless) {
      it(`refuses all the same when it ${what}`, async () => {
        const { refusals, state } = setUp({
          onUnauthorized: hook as never,
          deadlineMs: DEADLINE_MS,
        });
        const error = await refusals.refuse(state, anonymous);
        expect(error).to.be.instanceOf(AuthenticationRequiredError).and.include({ httpCode: 401 });
        expect(JSON.parse(JSON.stringify(error))).to.include({ code: 'authentication_required' });
        expect(error.headers['WWW-Authenticate']).to.have.length(2);
      });
    }

    it('says in the log that it failed, and aborts the signal of a late one', async () => {
      let signal: AbortSignal | undefined;
      const { refusals, state, logger } = setUp({
        deadlineMs: DEADLINE_MS,
        onUnauthorized: (own) => {
          ({ signal } = own);
          return hang();
        },
      });
      await refusals.refuse(state, anonymous);
      expect(signal?.aborted).to.be.true;
      expect(logger.lines[0]).to.match(/The onUnauthorized hook failed/);
    });
  });
});
