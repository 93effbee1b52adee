/** Strategies as they are on the npm registry, each by what a client sees of it. */
import { createHmac } from 'node:crypto';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import CustomStrategy from 'passport-custom';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { BasicStrategy } from 'passport-http';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { Strategy as LocalStrategy } from 'passport-local';
import OAuth2Strategy from 'passport-oauth2';
import { Authorized, Body, CurrentUser, JsonController, Post } from 'routing-controllers';
import type { AuthProviderInterface, Constructor, User } from '../../src';
import { type PassportOptions, PassportProvider, type PassportStrategy } from '../../src/passport/index';
import { basic, type Driver, DRIVERS } from '../support/drivers';
import { DEADLINE_MS, holdDeadlines, tooLate } from '../support/deadlines';
import { reset } from '../support/reset';
import { type Api, BODIES, startApi, toReply } from '../support/scripted';
import { CookieStrategy, LdapStrategy } from '../support/strategies';

type Done = (error: unknown, user?: User | false, info?: { message: string }) => void;

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** What the verify functions of all strategies do with the name that the credentials tell. */
function verify(name: string | undefined, done: Done): void {
  if (name === 'down') done(refused);
  else if (name === 'broken') done(new Error('a mistake'));
  else if (name === 'ann') done(null, { username: 'ann' });
  else if (name === 'mallory') done(null, { username: 'mallory', active: false });
  else done(null, false, { message: `nobody is ${String(name)}` });
}

const NAMES: Readonly<Record<string, string>> = {
  'right-ann': 'ann',
  'right-mallory': 'mallory',
  'right-down': 'down',
  'right-broken': 'broken',
};

const byToken = (token: string, done: Done): void => {
  verify(NAMES[token], done);
};

const SECRET = 'a key for this run';

function jwt(claims: object, secret = SECRET): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

interface Case {
  readonly name: string;
  readonly strategy: () => PassportStrategy;
  readonly options: PassportOptions;
  /** The header, and its values for each of those who ask. */
  readonly header: string;
  readonly of: (who: string) => string;
  readonly wrong: string;
  readonly malformed: { readonly value: string; readonly body: object };
  readonly challenges: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'passport-http',
    strategy: () =>
      new BasicStrategy((name, password, done) => verify(password === 'secret' ? name : undefined, done)),
    options: { reads: { scheme: 'basic' }, proves: 'login', methods: ['pwd'] },
    header: 'authorization',
    of: (who) => basic(who, 'secret').authorization!,
    wrong: basic('ann', 'wrong').authorization!,
    malformed: { value: 'Basic YW5u', body: BODIES.malformed },
    challenges: ['Basic realm="api"'],
  },
  {
    name: 'passport-http-bearer',
    strategy: () => new BearerStrategy((token, done) => byToken(token, done)),
    options: { reads: { scheme: 'Bearer' } },
    header: 'authorization',
    of: (who) => `Bearer right-${who}`,
    wrong: 'Bearer wrong',
    malformed: { value: 'Bearer', body: BODIES.invalidRequest },
    challenges: ['Bearer realm="api"'],
  },
  {
    name: 'passport-jwt',
    strategy: () =>
      new JwtStrategy(
        {
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          secretOrKey: SECRET,
          algorithms: ['HS256'],
        },
        ({ sub }: { sub: string }, done) => verify(sub, done),
      ),
    options: { reads: { scheme: 'Bearer' } },
    header: 'authorization',
    of: (who) => `Bearer ${jwt({ sub: who })}`,
    wrong: `Bearer ${jwt({ sub: 'ann' }, 'another key')}`,
    // It calls what is no token "jwt malformed", by an error like all others.
    malformed: { value: 'Bearer not.a.token', body: BODIES.bad },
    challenges: ['Bearer realm="api"'],
  },
  {
    name: 'passport-headerapikey',
    strategy: () =>
      new HeaderAPIKeyStrategy({ header: 'X-Api-Key', prefix: 'key ' }, false, (key, done) =>
        byToken(key, done as Done),
      ),
    options: { reads: { header: 'X-Api-Key' }, proves: 'key', challenge: { scheme: 'ApiKey' } },
    header: 'x-api-key',
    of: (who) => `key right-${who}`,
    wrong: 'key wrong',
    malformed: { value: 'right-ann', body: BODIES.bad },
    challenges: ['ApiKey realm="api"'],
  },
  {
    name: 'passport-cookie',
    strategy: () => new CookieStrategy({ cookieName: 'token' }, (token, done) => byToken(token, done)),
    options: { reads: { cookie: 'token' } },
    header: 'cookie',
    of: (who) => `a=b; token=right%2D${who}`,
    wrong: 'token=wrong',
    malformed: { value: 'token=%ff', body: BODIES.bad },
    challenges: [],
  },
  {
    name: 'passport-custom',
    strategy: () =>
      new CustomStrategy((request, done) => byToken(request.get('x-partner') ?? '', done as Done)),
    options: { reads: { header: 'x-partner' } },
    header: 'x-partner',
    of: (who) => `right-${who}`,
    wrong: 'wrong',
    malformed: { value: 'right-ann, right-ann', body: BODIES.bad },
    challenges: [],
  },
];

function providerOf(
  strategy: PassportStrategy,
  options: PassportOptions,
  name = 'partner',
): Constructor<AuthProviderInterface> {
  return class extends PassportProvider {
    override readonly name = name;
    constructor() {
      super(strategy, options);
    }
  };
}

const start = (driver: Driver, providers: readonly Constructor<AuthProviderInterface>[], more = {}) =>
  startApi(driver, { security: { providers, ...more } });

const verdictsOf = ({ events }: Api): unknown[] => {
  const last = events.at(-1) as { outcomes?: { verdict: string }[] } | undefined;
  return (last?.outcomes ?? []).map(({ verdict }) => verdict);
};

for (const driver of DRIVERS) {
  for (const { name, strategy, options, header, of, wrong, malformed, challenges } of CASES) {
    describe(`${name} on ${driver.name}`, () => {
      beforeEach(reset);

      const begin = () => start(driver, [providerOf(strategy(), options)]);

      it('is not asked without credentials, and its challenge stands on the 401', async () => {
        await using api = await begin();
        const reply = await api.get('/guarded');
        expect([reply.status, reply.json(), reply.challenges]).to.deep.equal([
          401,
          BODIES.missing,
          challenges,
        ]);
        expect(verdictsOf(api)).to.deep.equal(['no_credentials']);
        expect((await api.get('/open')).status).to.equal(200);
      });

      it('lets in whom it knows, and the reply varies by what it reads', async () => {
        await using api = await begin();
        const reply = await api.get('/guarded', { [header]: of('ann') });
        expect([reply.status, reply.json()]).to.deep.equal([200, { user: 'ann' }]);
        expect(reply.headers.vary?.toLowerCase().split(', ')).to.include(header);
      });

      it('refuses what is wrong and what is malformed, on an open action too', async () => {
        await using api = await begin();
        for (const path of ['/guarded', '/open']) {
          const reply = await api.get(path, { [header]: wrong });
          expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
          const other = await api.get(path, { [header]: malformed.value });
          expect(other.json()).to.deep.equal(malformed.body);
        }
        expect(api.ran).to.deep.equal([]);
      });

      it('refuses an inactive user as wrong credentials', async () => {
        await using api = await begin();
        const reply = await api.get('/guarded', { [header]: of('mallory') });
        expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
        expect(verdictsOf(api)).to.deep.equal(['inactive']);
      });

      it('answers 503 for an outage, 500 for a mistake, and no later reader of the same makes it good', async () => {
        const weaker = providerOf({ authenticate: granting }, { reads: options.reads }, 'weaker');
        await using api = await start(driver, [providerOf(strategy(), options), weaker]);
        const down = await api.get('/guarded', { [header]: of('down') });
        expect([down.status, down.json(), down.challenges]).to.deep.equal([503, BODIES.unavailable, []]);
        expect(verdictsOf(api)).to.deep.equal(['unavailable', 'not_asked']);
        const broken = await api.get('/guarded', { [header]: of('broken') });
        expect([broken.status, broken.json()]).to.deep.equal([500, BODIES.fault]);
        expect(api.ran).to.deep.equal([]);
        // It would have let them in.
        expect((await api.get('/guarded', { [header]: wrong })).status).to.equal(200);
      });

      it('never gets credentials that came on two lines', async () => {
        await using api = await begin();
        const lines = [of('ann'), of('ann')].flatMap((value) => [header, value]);
        const reply = toReply(
          await api.server.raw('/guarded', { headers: ['host', 'x', ...lines] as never }),
        );
        // Node joins the lines of cookies, of which the one that counts is then there twice.
        const [status, body] = header === 'cookie' ? [401, BODIES.missing] : [400, BODIES.invalidRequest];
        expect([reply.status, reply.json()]).to.deep.equal([status, body]);
      });
    });
  }

  describe(`Strategies that read the body, on ${driver.name}`, () => {
    beforeEach(reset);

    const begin = (providers: readonly Constructor<AuthProviderInterface>[]) =>
      startApi(driver, { security: { providers }, host: { controllers: [bodyController()] } });
    const post = async (api: Api, body: unknown, headers = {}) =>
      toReply(
        await api.server.raw(
          '/login',
          { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
          JSON.stringify(body),
        ),
      );
    const local = (verifying = verify) =>
      providerOf(
        new LocalStrategy((name, password, done) => {
          verifying(password === 'secret' ? name : undefined, done);
        }),
        { reads: { body: ['username', 'password'] }, proves: 'login' },
      );

    it('passport-local lets in, refuses and fails as others do', async () => {
      await using api = await begin([local()]);
      const asked = (username: unknown, password: unknown = 'secret') => post(api, { username, password });
      expect((await asked('ann')).json()).to.deep.equal({ user: 'ann', isRead: true });
      const replies: [unknown, unknown, number, object][] = [
        ['ann', 'wrong', 401, BODIES.bad],
        ['mallory', 'secret', 401, BODIES.bad],
        ['down', 'secret', 503, BODIES.unavailable],
        ['broken', 'secret', 500, BODIES.fault],
        ['ann', '', 401, BODIES.missing],
        ['ann', { $ne: '' }, 401, BODIES.missing],
        [['ann'], 'secret', 401, BODIES.missing],
        [undefined, 'secret', 401, BODIES.missing],
      ];
      for (const [name, password, status, body] of replies) {
        const reply = await asked(name, password);
        expect([reply.status, reply.json()], JSON.stringify([name, password])).to.deep.equal([status, body]);
      }
    });

    it('gives no reason to vary, and is no credential that a browser sends by itself', async () => {
      await using api = await begin([local()]);
      const reply = await post(
        api,
        { username: 'ann', password: 'secret' },
        { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
      );
      expect(reply.status).to.equal(200);
      expect(reply.headers.vary ?? '').to.not.match(/body/i);
    });

    it('that fail by an outage leave later readers of the body unasked', async () => {
      const granted = providerOf({ authenticate: granting }, { reads: { body: ['username'] } }, 'weaker');
      await using api = await begin([local(), granted]);
      expect((await post(api, { username: 'down', password: 'secret' })).status).to.equal(503);
      expect(verdictsOf(api)).to.deep.equal(['unavailable', 'not_asked']);
      expect((await post(api, { username: 'down' })).status).to.equal(200);
    });

    it('passport-ldapauth without its directory is 503, whichever way it reports it', async () => {
      const port = await freePort();
      for (const handleErrorsAsFailures of [false, true]) {
        const server = {
          url: `ldap://127.0.0.1:${String(port)}`,
          searchBase: 'dc=x',
          searchFilter: '(uid={{username}})',
        };
        const strategy = new LdapStrategy({ server, handleErrorsAsFailures });
        await using api = await begin([
          providerOf(strategy, { reads: { body: ['username', 'password'] }, proves: 'login' }),
        ]);
        const reply = await post(api, { username: 'ann', password: 'secret' });
        expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
        expect((await post(api, {})).json()).to.deep.equal(BODIES.missing);
      }
    });
  });

  describe(`Strategies that answer otherwise, on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    it('passport-oauth2 redirects, which is a mistake of the app', async () => {
      const strategy = new OAuth2Strategy(
        {
          authorizationURL: 'https://id.example/authorize',
          tokenURL: 'https://id.example/token',
          clientID: 'notes',
          clientSecret: 'a secret of this run',
          callbackURL: 'https://app.example/callback',
        },
        (_access: string, _refresh: string, _profile: unknown, done: Done) => done(null, false),
      );
      await using api = await start(driver, [providerOf(strategy, { reads: { header: 'x-login' } })]);
      const reply = await api.get('/guarded', { 'x-login': 'please' });
      expect([reply.status, reply.json()]).to.deep.equal([500, BODIES.fault]);
      expect(reply.headers).to.not.have.property('location');
      expect(api.logger.lines.join('\n')).to.include(
        'an interactive login cannot be an authentication provider',
      );
    });

    it('one that is silent is 503 when its time is over, and what it says later counts for nothing', async () => {
      let late: (() => void) | undefined;
      let mapped = 0;
      class Silent {
        declare success: (user: object) => void;
        authenticate(): void {
          late = () => this.success({ username: 'ann' });
          tooLate(undefined);
        }
      }
      const options: PassportOptions = {
        reads: { header: 'x-key' },
        toUser: () => ((mapped += 1), { username: 'ann' }),
      };
      await using api = await start(driver, [providerOf(new Silent(), options)], { deadlineMs: DEADLINE_MS });
      const reply = await api.get('/guarded', { 'x-key': 'k' });
      expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      expect(verdictsOf(api)).to.deep.equal(['deadline_passed']);
      late?.();
      await new Promise((resolve) => setImmediate(resolve));
      expect([mapped, api.ran]).to.deep.equal([0, []]);
    });
  });
}

function granting(this: { success(user: object): void }): void {
  this.success({ username: 'ann' });
}

function bodyController(): Constructor<object> {
  @JsonController()
  class Logins {
    @Authorized()
    @Post('/login')
    login(@CurrentUser() user: User, @Body() body: object) {
      return { user: user.username, isRead: Object.hasOwn(body, 'username') };
    }
  }
  return Logins;
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
