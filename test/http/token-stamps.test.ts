import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  Authentication,
  type AuthProviderInterface,
  CurrentAuthentication,
  type IssuedToken,
  type SecurityOptions,
  type SecurityRequest,
  TokenProvider,
  TokenService,
  type User,
  type UserstoreInterface,
} from '../../src';
import { actingAs } from '../../src/testing';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi, store } from '../support/scripted';

const START = 1_900_000_000_000;

/** Loads whom the X-User header names. */
class ByName implements AuthProviderInterface {
  readonly credential = 'x-user';
  async authenticate(request: SecurityRequest, users: UserstoreInterface): Promise<User | null | undefined> {
    const name = request.header('x-user');
    return name === undefined ? null : users.getUser(name);
  }
}

/** States whom the X-Partner header names, whom no userstore has. */
class Partner implements AuthProviderInterface {
  readonly credential = 'x-partner';
  authenticate(request: SecurityRequest): User | null {
    const name = request.header('x-partner');
    return name === undefined ? null : { username: name, roles: ['partner'] };
  }
}

for (const driver of DRIVERS) {
  describe(`Tokens on ${driver.name}`, () => {
    let now: number;
    beforeEach(() => {
      reset();
      now = START;
    });

    const setUp = async (options: SecurityOptions) => {
      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({
            secret: 'a secret of more than thirty-two bytes',
            issuer: 'test',
            audience: 'test',
            ttlSeconds: 60,
            clock: () => now,
          });
        }
      }
      class Bearer extends TokenProvider {
        constructor() {
          super(Container.get(Tokens));
        }
      }
      @Authorized()
      @JsonController()
      class Main {
        @Get('/me') me(@CurrentUser() { username, email, roles }: User) {
          return { username, email, roles };
        }
        @Get('/login') login(@CurrentAuthentication() { authenticatedAt, source }: Authentication) {
          return { authenticatedAt, source };
        }
        @Post('/token') token(@CurrentAuthentication() login: Authentication): IssuedToken {
          return Container.get(Tokens).issue(login);
        }
        @Post('/narrowed') narrowed(@CurrentAuthentication() login: Authentication): IssuedToken {
          return Container.get(Tokens).issue(
            new Authentication({ ...login.user, email: 'a@b.example' }, login),
          );
        }
        @Post('/stated') stated(@CurrentUser() user: User): IssuedToken {
          return Container.get(Tokens).issue(new Authentication({ ...user }));
        }
      }
      const api = await startApi(driver, {
        host: { controllers: [Main] },
        security: { clock: () => now, providers: [ByName, Partner, Bearer], ...options },
      });
      const exchange = async (headers: Record<string, string>, path = '/token') => {
        // On Express the host ends the connection after an error of an action.
        const reply = await api.post(path, { connection: 'close', ...headers });
        return { status: reply.status, bearer: { authorization: `Bearer ${String(reply.json()['token'])}` } };
      };
      return Object.assign(api, { exchange });
    };

    for (const path of ['/token', '/narrowed']) {
      it(`of ${path} end where another person has the name, without tokensValidFrom too`, async () => {
        const ann: User = { username: 'ann', id: 7 };
        await using api = await setUp({ userstores: [store(() => ({ ...ann }))] });
        const { bearer } = await api.exchange({ 'x-user': 'ann' }, path);
        ann.id = '7';
        expect((await api.get('/me', bearer)).status).to.equal(200);
        for (const other of [8, undefined]) {
          ann.id = other;
          expect((await api.get('/me', bearer)).status, String(other)).to.equal(401);
        }
      });
    }

    it('say nothing of the id, and know it where the app does not see it', async () => {
      const ann: User = { username: 'ann', id: 'the permanent id' };
      const Users = store(() => ({ ...ann }));
      Object.assign(Users.prototype as object, { publicView: ({ username }: User) => ({ username }) });
      await using api = await setUp({ userstores: [Users] });
      const { bearer } = await api.exchange({ 'x-user': 'ann' });
      const payload = Buffer.from(bearer.authorization.split('.')[1] ?? '', 'base64url').toString();
      expect(JSON.parse(payload)).to.have.property('uid').with.length(22);
      expect(payload).not.to.contain('permanent');
      expect((await api.get('/me', bearer)).status).to.equal(200);
      ann.id = 'another';
      expect((await api.get('/me', bearer)).status).to.equal(401);
    });

    it('end with every change of tokensValidFrom, whichever way its clock went', async () => {
      const ann: User = { username: 'ann' };
      await using api = await setUp({ userstores: [store(() => ({ ...ann }))] });
      const values = [undefined, new Date(START + 90_000_000), new Date(START - 1), new Date(START), null];
      for (const [index, value] of values.entries()) {
        const { bearer } = await api.exchange({ 'x-user': 'ann' });
        // Ahead by more than clocks may differ it ends all tokens.
        const isGood = index !== 2;
        expect((await api.get('/me', bearer)).status).to.equal(isGood ? 200 : 401);
        ann.tokensValidFrom = value ?? new Date(START - 50_000);
        expect((await api.get('/me', bearer)).status).to.equal(401);
      }
    });

    it('end where the store changes the very object that it has given to a login', async () => {
      const ann: User = { username: 'ann', tokensValidFrom: new Date(START - 5) };
      const changing: AuthProviderInterface = {
        credential: 'x-slow',
        async authenticate(request, users) {
          if (request.header('x-slow') === undefined) return null;
          const user = await users.getUser('ann');
          // The password is changed while the old one is being verified.
          ann.tokensValidFrom = new Date(START - 1);
          return user ?? null;
        },
      };
      class Slow {
        readonly credential = 'x-slow';
        authenticate(request: SecurityRequest, users: UserstoreInterface) {
          return changing.authenticate(request, users);
        }
      }
      class Bearer extends TokenProvider {
        constructor() {
          super(Container.get(TokenService));
        }
      }
      Container.set(
        TokenService,
        new TokenService({ secret: 'x'.repeat(40), issuer: 'i', audience: 'a', clock: () => now }),
      );
      @Authorized()
      @JsonController()
      class Main {
        @Get('/me') me() {
          return {};
        }
        @Post('/token') token(@CurrentAuthentication() login: Authentication) {
          return Container.get(TokenService).issue(login);
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Main] },
        security: { clock: () => now, providers: [Slow, Bearer], userstores: [store(() => ann)] },
      });
      const { token } = (await api.post('/token', { 'x-slow': '1' })).json() as { token: string };
      expect((await api.get('/me', { authorization: `Bearer ${token}` })).status).to.equal(401);
    });

    it('are accepted until their end with the tolerance, and date a login by the clock of the instance', async () => {
      await using api = await setUp({ userstores: [store((username) => ({ username }))] });
      const { bearer } = await api.exchange({ 'x-user': 'ann' });
      now += 89_999;
      expect((await api.get('/me', bearer)).status).to.equal(200);
      const login = (await api.get('/login', bearer)).json();
      expect(login).to.deep.equal({
        authenticatedAt: new Date(START).toISOString(),
        source: { kind: 'userstore', name: 'userstore1' },
      });
      now += 1;
      expect((await api.get('/me', bearer)).status).to.equal(401);
    });

    it('are for the user of the store that the login came from, also where the app narrows the login', async () => {
      class Staff {
        getUser(username: string): User | null {
          return username === 'ann' ? { username, roles: ['staff'] } : null;
        }
      }
      class Customers {
        getUser(username: string): User {
          return { username, roles: ['customer'] };
        }
      }
      await using api = await setUp({ userstores: [Staff, Customers] });
      for (const path of ['/token', '/narrowed']) {
        for (const [name, roles] of [
          ['ann', ['staff']],
          ['bob', ['customer']],
        ] as const) {
          const { bearer } = await api.exchange({ 'x-user': name }, path);
          expect((await api.get('/me', bearer)).json()).to.deep.equal({ username: name, roles });
        }
      }
      // Of a login that the app states itself nobody knows the store.
      const { bearer } = await api.exchange({ 'x-user': 'bob' }, '/stated');
      expect((await api.get('/me', bearer)).status).to.equal(401);
    });

    it('are given for no user that a provider states and the userstore does not have', async () => {
      const users = store((username) => (username === 'ann' ? { username, roles: ['admin'] } : null));
      await using api = await setUp({ userstores: [users] });
      for (const name of ['ann', 'eve']) {
        for (const path of ['/token', '/narrowed']) {
          expect((await api.exchange({ 'x-partner': name }, path)).status).to.equal(500);
        }
      }
      expect((await api.exchange({ 'x-user': 'ann' })).status).to.equal(200);
    });

    it('are given for a user that a provider states and the userstore has just so', async () => {
      let isDown = false;
      const users = store((username) => {
        if (isDown) throw new Error('down');
        return { username, roles: ['partner'], tokensValidFrom: new Date(START - 9) };
      });
      await using api = await setUp({ userstores: [users] });
      const { bearer } = await api.exchange({ 'x-partner': 'ann' });
      expect((await api.get('/me', bearer)).json()).to.deep.equal({ username: 'ann', roles: ['partner'] });
      isDown = true;
      expect((await api.get('/login', { 'x-partner': 'ann' })).status).to.equal(200);
      expect((await api.exchange({ 'x-partner': 'ann' })).status).to.equal(500);
    });

    it('are given for no login that was before the last change of tokensValidFrom', async () => {
      const ann: User = { username: 'ann', roles: ['partner'] };
      let session: Authentication | undefined;
      // Keeps the login, as a session does, and states it again; `copied` as one of a copy of the user.
      class Session implements AuthProviderInterface {
        readonly credential = 'x-session';
        async authenticate(request: SecurityRequest, users: UserstoreInterface) {
          const form = request.header('x-session');
          if (form === undefined) return null;
          session ??= new Authentication(
            { username: 'ann', roles: ['partner'] },
            { authenticatedAt: new Date(now) },
          );
          const { user, authenticatedAt } = session;
          if (form === 'copied') return new Authentication({ ...user }, session);
          if (form === 'stamped') return new Authentication({ ...ann }, { authenticatedAt });
          if (form === 'loaded')
            return new Authentication((await users.getUser('ann')) ?? user, { authenticatedAt });
          return session;
        }
      }
      class Bearer extends TokenProvider {
        constructor() {
          super(Container.get(TokenService));
        }
      }
      const options = { secret: 'x'.repeat(40), issuer: 'i', audience: 'a', clock: () => now };
      Container.set(TokenService, new TokenService(options));
      @JsonController()
      class Main {
        @Authorized() @Get('/me') me() {
          return {};
        }
        @Authorized() @Post('/token') token(@CurrentAuthentication() login: Authentication) {
          return Container.get(TokenService).issue(login);
        }
        @Authorized() @Post('/copied') copied(@CurrentAuthentication() login: Authentication) {
          return Container.get(TokenService).issue(new Authentication({ ...login.user }, login));
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Main] },
        security: { clock: () => now, providers: [Session, Bearer], userstores: [store(() => ({ ...ann }))] },
      });
      const FORMS = ['kept', 'copied', 'stamped', 'loaded'];
      const exchange = async (form: string, path: string) => {
        const reply = await api.post(path, { 'x-session': form, connection: 'close' });
        if (reply.status !== 200) return reply.status;
        const token = String(reply.json()['token']);
        return (await api.get('/me', { authorization: `Bearer ${token}` })).status;
      };
      for (const form of FORMS) {
        for (const path of ['/token', '/copied']) {
          expect(await exchange(form, path), `${form} ${path}`).to.equal(200);
        }
      }
      now += 3_600_000;
      ann.tokensValidFrom = new Date(now);
      now += 60_000;
      for (const form of FORMS) {
        expect((await api.get('/me', { 'x-session': form })).status).to.equal(200);
        for (const path of ['/token', '/copied']) {
          expect(await exchange(form, path), `${form} ${path}`).to.be.oneOf([401, 500]);
        }
      }
      session = undefined;
      for (const form of FORMS) expect(await exchange(form, '/token'), form).to.equal(200);
    });

    it('are given in tests that act as a user', async () => {
      await using api = await setUp({ userstores: [store((username) => ({ username, roles: ['admin'] }))] });
      const { bearer } = await api.exchange(actingAs({ username: 'ann' }));
      expect((await api.get('/me', bearer)).json()).to.deep.equal({ username: 'ann', roles: ['admin'] });
    });
  });
}
