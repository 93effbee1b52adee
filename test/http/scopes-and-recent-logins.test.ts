import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  allOf,
  anyOf,
  Authentication,
  type AuthenticationDetails,
  type AuthProviderInterface,
  type Challenge,
  type Constructor,
  InsufficientScopeError,
  recentLogin,
  scope,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  StepUpRequiredError,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const NOW = 1_700_000_000_000;
const RECENT = new Date(NOW - 60_000);
const OLD = new Date(NOW - 3_600_000);

/** Logins by what comes after the scheme. */
const LOGINS: Readonly<Record<string, AuthenticationDetails & { roles?: readonly string[] }>> = {
  unlimited: {},
  none: { scopes: [], authenticatedAt: RECENT },
  read: { scopes: ['notes:read'], authenticatedAt: RECENT },
  all: { scopes: ['notes:read', 'notes:write'], authenticatedAt: RECENT },
  old: { scopes: ['notes:read', 'notes:write'], authenticatedAt: OLD },
  oldRead: { scopes: ['notes:read'], authenticatedAt: OLD },
  unknown: { scopes: ['notes:read', 'notes:write'], authenticatedAt: null },
  broken: { authenticatedAt: new Date(NaN) },
  ahead: { authenticatedAt: new Date(NOW + 3_600_000) },
  strong: { authenticatedAt: OLD, claims: { acr: 'mfa' }, methods: ['hwk'] },
  weak: { authenticatedAt: RECENT, claims: { acr: ['mfa'] }, methods: ['pwd'] },
  editor: { authenticatedAt: RECENT, roles: ['editor'], scopes: [] },
};

class Logins implements AuthProviderInterface {
  readonly schemes: readonly string[] = ['bearer', 'ticket'];

  authenticate(request: SecurityRequest): Authentication | null {
    const [scheme, name] = (request.header('authorization') ?? '').split(' ');
    if (!this.schemes.includes(scheme?.toLowerCase() ?? '') || name === undefined) return null;
    const details = LOGINS[name];
    return details === undefined ? null : new Authentication({ username: name }, details);
  }

  challenge(): Challenge {
    return { scheme: 'Bearer' };
  }
}

class OfTickets extends Logins {
  override readonly schemes = ['ticket'];
  readonly name = 'tickets';
}

class OfBearer extends Logins {
  override readonly schemes = ['bearer'];
  readonly name = 'bearer';
}

let evaluations = 0;
/** What the action throws. */
let thrown: unknown;
const counted = (answer: boolean) => () => {
  evaluations += 1;
  return answer;
};

function notes(): Constructor<object> {
  @JsonController()
  class Notes {
    @Authorized(scope('notes:read')) @Get('/read') read() {
      return 'ok';
    }
    @Authorized(scope('notes:read', 'notes:write')) @Get('/write') write() {
      return 'ok';
    }
    @Authorized(allOf('editor', scope('notes:write'))) @Get('/edit') edit() {
      return 'ok';
    }
    @Authorized(anyOf('editor', scope('notes:write'), scope('notes:read'))) @Get('/either') either() {
      return 'ok';
    }
    @Authorized(anyOf(allOf('editor', scope('a')), scope('b'))) @Get('/alternative') alternative() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Authorized(recentLogin({ acr: ['mfa', 'phr'] })) @Get('/strong') strong() {
      return 'ok';
    }
    @Authorized(recentLogin({ methods: 'passkey' })) @Get('/passkey') passkey() {
      return 'ok';
    }
    @Authorized(allOf(scope('notes:write'), recentLogin({ maxAgeSeconds: 300 }))) @Get('/both') both() {
      return 'ok';
    }
    @Authorized(allOf(counted(false), scope('notes:write'))) @Get('/never') never() {
      return 'ok';
    }
    @Authorized(allOf(scope('notes:read'), () => ++evaluations > 1)) @Get('/wavering') wavering() {
      return 'ok';
    }
    @Authorized(allOf(recentLogin({ maxAgeSeconds: 300 }), () => ++evaluations > 1))
    @Get('/wavering-login')
    waveringLogin() {
      return 'ok';
    }
    @Authorized(() => {
      throw thrown;
    })
    @Get('/refusing')
    refusing() {
      return 'ok';
    }
    @Authorized() @Get('/throws') throws() {
      throw thrown;
    }
    @Authorized('editor') @Get('/editor') editor() {
      return 'ok';
    }
    @Authorized(() => {
      throw new InsufficientScopeError(['notes:share']);
    })
    @Get('/thrown-scope')
    thrownScope() {
      return 'ok';
    }
    @Authorized(() => {
      throw new StepUpRequiredError({ maxAgeSeconds: 10, acr: ['mfa'] });
    })
    @Get('/thrown-login')
    thrownLogin() {
      return 'ok';
    }
    @Authorized()
    @Get('/thrown-by-action')
    thrownByAction() {
      throw new StepUpRequiredError({ maxAgeSeconds: 10 });
    }
  }
  return Notes;
}

interface Expected {
  status: number;
  code?: string;
  challenge?: string;
}

const GRANTED: Expected = { status: 200 };
const DENIED: Expected = { status: 403, code: 'access_denied' };
const lacks = (scopes: string): Expected => ({
  status: 403,
  code: 'insufficient_scope',
  challenge: `Bearer realm="api", error="insufficient_scope", scope="${scopes}"`,
});
const stepUp = (params: string): Expected => ({
  status: 401,
  code: 'insufficient_user_authentication',
  challenge: `Bearer realm="api", error="insufficient_user_authentication", ${params}`,
});

const CASES: readonly [path: string, login: string, expected: Expected][] = [
  ['/read', 'unlimited', GRANTED],
  ['/read', 'read', GRANTED],
  ['/read', 'none', lacks('notes:read')],
  ['/write', 'all', GRANTED],
  ['/write', 'read', lacks('notes:write')],
  ['/write', 'none', lacks('notes:read notes:write')],
  ['/edit', 'all', DENIED],
  ['/edit', 'read', DENIED],
  ['/edit', 'editor', lacks('notes:write')],
  ['/either', 'editor', GRANTED],
  ['/either', 'read', GRANTED],
  ['/either', 'none', lacks('notes:write')],
  ['/alternative', 'none', lacks('b')],
  ['/alternative', 'editor', lacks('a')],
  ['/recent', 'unlimited', GRANTED],
  ['/recent', 'read', GRANTED],
  ['/recent', 'old', stepUp('max_age="300"')],
  ['/recent', 'unknown', stepUp('max_age="300"')],
  ['/recent', 'broken', stepUp('max_age="300"')],
  ['/recent', 'ahead', stepUp('max_age="300"')],
  ['/strong', 'strong', GRANTED],
  ['/strong', 'weak', stepUp('acr_values="mfa phr"')],
  ['/passkey', 'strong', GRANTED],
  ['/passkey', 'weak', { ...stepUp(''), challenge: 'Bearer realm="api", error="insufficient_user_authentication"' }],
  ['/both', 'all', GRANTED],
  ['/both', 'read', lacks('notes:write')],
  ['/both', 'old', stepUp('max_age="300"')],
  ['/both', 'oldRead', stepUp('scope="notes:write", max_age="300"')],
  ['/never', 'none', DENIED],
  ['/editor', 'editor', GRANTED],
  ['/editor', 'read', DENIED],
  ['/thrown-scope', 'all', lacks('notes:share')],
  ['/thrown-login', 'all', stepUp('max_age="10", acr_values="mfa"')],
  ['/thrown-by-action', 'all', stepUp('max_age="10"')],
]; // prettier-ignore

for (const driver of DRIVERS) {
  describe(`Scopes and recent logins on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (security: SecurityOptions = {}, host: { defaultErrorHandler?: boolean } = {}) =>
      startApi(driver, {
        security: { providers: [OfTickets, OfBearer], userstores: [], clock: () => NOW, ...security },
        host: { controllers: [notes()], ...host },
      });

    for (const [path, login, { status, code, challenge }] of CASES) {
      it(`answers ${String(status)} ${code ?? ''} at ${path} for ${login}`, async () => {
        await using api = await start();
        const reply = await api.get(path, { authorization: `Bearer ${login}` });
        expect(reply.status).to.equal(status);
        expect(reply.challenges).to.deep.equal(challenge === undefined ? [] : [challenge]);
        if (code === undefined) return;
        expect(reply.json()).to.deep.include({
          code,
          message: status === 401 ? 'Unauthorized User' : 'Access Denied',
        });
        const event = api.events.at(-1);
        if (path !== '/thrown-by-action')
          expect(event).to.deep.include({ type: 'denied', code, user: login });
      });

      if (code === undefined || code === 'access_denied') continue;
      it(`answers 403 ${code} without a challenge at ${path} for ${login} by another scheme`, async () => {
        await using api = await start();
        const reply = await api.get(path, { authorization: `Ticket ${login}` });
        expect([reply.status, reply.json()['code']]).to.deep.equal([403, code]);
        expect(reply.json()['message']).to.equal('Access Denied');
        expect(reply.challenges).to.deep.equal([]);
      });
    }

    for (const [proves, status] of [
      [undefined, 200],
      ['login', 200],
      ['session', 401],
      ['token', 401],
      ['key', 401],
    ] as const) {
      it(`answers ${String(status)} for a login of no stated time of a provider that proves ${proves ?? 'nothing'}`, async () => {
        class Bearer extends OfBearer {
          readonly proves = proves as 'login';
        }
        await using api = await start({ providers: [Bearer] });
        expect((await api.get('/recent', { authorization: 'Bearer unlimited' })).status).to.equal(status);
        expect((await api.get('/recent', { authorization: 'Bearer read' })).status).to.equal(200);
        expect((await api.get('/read', { authorization: 'Bearer unlimited' })).status).to.equal(200);
        const warnings = api.logger.lines.filter((line) => line.includes('does not declare `proves`'));
        expect(warnings).to.have.length(proves === undefined ? 1 : 0);
        if (proves === undefined)
          expect(warnings[0]).to.match(/bearer does not .* recentLogin\(\) at Notes\.recent/);
      });
    }

    it('says in the event which scopes lack', async () => {
      await using api = await start();
      await api.get('/write', { authorization: 'Bearer none' });
      expect(api.events.at(-1)).to.deep.include({
        reason: 'scope notes:read notes:write (Notes.write): lacks notes:read notes:write',
      });
    });

    it('tells a client without credentials the scopes of the route, and of an "any of" the first', async () => {
      await using api = await start();
      expect((await api.get('/write')).challenges).to.deep.equal([
        'Bearer realm="api", scope="notes:read notes:write"',
      ]);
      expect((await api.get('/either')).challenges).to.deep.equal([
        'Bearer realm="api", scope="notes:write"',
      ]);
      expect((await api.get('/editor')).challenges).to.deep.equal(['Bearer realm="api"']);
    });

    it('evaluates a policy once more for each that could help, and not for those who are let in', async () => {
      await using api = await start();
      evaluations = 0;
      await api.get('/never', { authorization: 'Bearer none' });
      expect(evaluations).to.equal(2);
      await api.get('/read', { authorization: 'Bearer read' });
      expect(evaluations).to.equal(2);
    });

    for (const path of ['/wavering', '/wavering-login']) {
      it(`asks for nothing where only a policy refused, and now no longer does (${path})`, async () => {
        await using api = await start();
        evaluations = 0;
        const reply = await api.get(path, { authorization: 'Bearer all' });
        expect([reply.status, reply.json()['code']]).to.deep.equal([403, 'access_denied']);
        expect(reply.challenges).to.deep.equal([]);
        expect(evaluations).to.be.above(1);
      });
    }

    const odd: [string, () => object, string][] = [
      ['scopes that are no list', () => Object.assign(new InsufficientScopeError(['a']), { scopes: 5 }), 'insufficient_scope'],
      ['scopes of no text', () => Object.assign(new InsufficientScopeError(['a']), { scopes: [Symbol('a')] }), 'insufficient_scope'],
      ['scopes that cannot be sent', () => Object.assign(new InsufficientScopeError(['a']), { scopes: ['\r\nX: é'] }), 'insufficient_scope'],
      ['scopes that are gone', () => Object.assign(new InsufficientScopeError(['a']), { scopes: undefined }), 'insufficient_scope'],
      ['no scopes', () => new InsufficientScopeError([]), 'insufficient_scope'],
      ['no need', () => Object.assign(new StepUpRequiredError({}), { need: null }), 'insufficient_user_authentication'],
      ['an odd need', () => Object.assign(new StepUpRequiredError({}), { need: { maxAgeSeconds: '\r\n', acr: 7, scopes: [{}] } }), 'insufficient_user_authentication'],
    ]; // prettier-ignore
    for (const [what, make, error] of odd) {
      it(`answers an action that throws an error with ${what}`, async () => {
        await using api = await start();
        thrown = make();
        const { status, challenges } = await api.get('/throws', { authorization: 'Bearer all' });
        expect(status).to.equal(error === 'insufficient_scope' ? 403 : 401);
        expect(challenges).to.deep.equal([`Bearer realm="api", error="${error}"`]);
      });
    }

    it('sends what a policy that refuses says for the reply', async () => {
      await using api = await start();
      const options = { challenge: { acr_values: 'phr' }, replyHeaders: { 'X-Help': 'there' } };
      for (const [error, challenge] of [
        [
          new StepUpRequiredError({ maxAgeSeconds: 5 }, options),
          'error="insufficient_user_authentication", max_age="5", acr_values="phr"',
        ],
        [
          new InsufficientScopeError(['a'], options),
          'error="insufficient_scope", scope="a", acr_values="phr"',
        ],
      ] as const) {
        thrown = error;
        const { challenges, headers } = await api.get('/refusing', { authorization: 'Bearer all' });
        expect(challenges).to.deep.equal([`Bearer realm="api", ${challenge}`]);
        expect(headers['x-help']).to.equal('there');
      }
    });

    for (const defaultErrorHandler of [true, false]) {
      it(`keeps what a login sets on the reply (defaultErrorHandler: ${defaultErrorHandler})`, async () => {
        class Proving implements AuthProviderInterface {
          authenticate(): Authentication {
            const replyHeaders = { 'X-Proof': 'p', 'X-Lines': ['a', 'b'], 'set-cookie': 'c=1' };
            return new Authentication({ username: 'ann' }, { replyHeaders });
          }
        }
        await using api = await start({ providers: [Proving] }, { defaultErrorHandler });
        const { status, headers } = await api.get('/editor');
        expect(status).to.equal(403);
        expect(headers).to.include({
          'x-proof': 'p',
          'x-lines': 'a, b',
          'cache-control': 'private, no-store',
        });
        expect(headers['set-cookie'] ?? []).to.have.length.below(2);
      });
    }

    it('promises no more scopes where an authorization provider refuses all the same', async () => {
      class Closed {
        authorize() {
          return false;
        }
      }
      await using api = await start({ authorizationProviders: [Closed] });
      const reply = await api.get('/write', { authorization: 'Bearer none' });
      expect([reply.status, reply.json()['code']]).to.deep.equal([403, 'access_denied']);
    });

    it('answers 503 where it cannot be told what would help', async () => {
      class Down {
        authorize(): boolean {
          throw new ServiceUnavailableError();
        }
      }
      await using api = await start({ authorizationProviders: [Down] });
      expect((await api.get('/write', { authorization: 'Bearer none' })).status).to.equal(503);
    });

    it('takes the lists of a login as they were when it was proved', async () => {
      const scopes = ['notes:read'];
      class Keeping implements AuthProviderInterface {
        authenticate(): Authentication {
          return new Authentication({ username: 'ann' }, { scopes });
        }
      }
      class Widening {
        authorize() {
          return true;
        }
        getRoles() {
          scopes.push('notes:write');
          return [];
        }
      }
      await using api = await start({ providers: [Keeping], roleLoaders: [Widening] });
      expect((await api.get('/edit')).status).to.equal(403);
      expect(scopes).to.include('notes:write');
      scopes.length = 1;
      expect((await api.get('/alternative')).json()).to.include({ code: 'insufficient_scope' });
    });

    for (const [detail, value] of [
      ['scopes', 'notes:read notes:write'],
      ['scopes', ['notes:read', 7]],
      ['roles', 'editor'],
      ['roles', { 0: 'editor' }],
      ['methods', 'hwk'],
      ['isBound', 'yes'],
      ['authenticatedAt', NOW],
    ] as const) {
      it(`takes ${detail}: ${JSON.stringify(value)} for a fault of the provider`, async () => {
        class Odd implements AuthProviderInterface {
          authenticate(): Authentication {
            return new Authentication({ username: 'odd' }, { [detail]: value });
          }
        }
        await using api = await start({ providers: [Odd] });
        expect((await api.get('/read')).status).to.equal(500);
        expect(api.logger.lines.join()).to.include(detail);
      });
    }
  });
}
