/** What the app and its clients get of the records that userstores and providers return. */
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  Authentication,
  type AuthenticationDetails,
  type Constructor,
  CurrentAuthentication,
  type User,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, BODIES, CrashWatch, provider, startApi, type StoreClass } from '../support/scripted';
import { NameProvider } from '../support/secured-server';
import { everythingShownBy } from '../support/shown';

const HASH = '$2b$12$thisStandsForAHashNobodyIsToSee';
const ANN = { 'x-user': 'ann' };

/** Answers with the user and the login in every way that an app may. */
function actions(): Constructor<object> {
  @Authorized()
  @JsonController()
  class Shows {
    @Get('/user') user(@CurrentUser() user: User) {
      return user;
    }
    @Get('/login') login(@CurrentAuthentication() login: Authentication) {
      return login;
    }
    @Get('/texts') texts(@CurrentUser() user: User, @CurrentAuthentication() login: Authentication) {
      return { texts: everythingShownBy(user) + everythingShownBy(login) };
    }
    @Get('/raise') raise(@CurrentUser() user: User) {
      for (const names of [user.roles, user.groups]) {
        try {
          (names as string[]).push('admin');
        } catch {
          // Frozen.
        }
      }
      Object.assign(user, { roles: ['admin'], groups: ['admins'], active: false, extra: 'x' });
      user.tokensValidFrom?.setTime(0);
      return {};
    }
    @Authorized('admin') @Get('/admin') admin() {
      return {};
    }
  }
  return Shows;
}

const PATHS = ['/user', '/login', '/texts'];

class Entity implements User {
  roles = ['reader'];
  constructor(
    readonly username: string,
    readonly password: string,
  ) {}
  get passwordHash(): string {
    return this.password;
  }
  label(): string {
    return `${this.username}: ${this.roles.join()}`;
  }
}

class Hidden {
  readonly #hash: string;
  constructor(
    readonly username: string,
    hash: string,
  ) {
    this.#hash = hash;
  }
  get password(): string {
    return this.#hash;
  }
  toJSON(): object {
    return { username: this.username, hash: this.#hash };
  }
}

/** A store of one record, which is the same object at every request. */
function storeOf(record: unknown, further: Partial<UserstoreInterface> = {}): StoreClass {
  return class People implements UserstoreInterface {
    publicView?: (user: User) => User;
    constructor() {
      Object.assign(this, further);
    }
    getUser(): User {
      return record as User;
    }
  };
}

for (const driver of DRIVERS) {
  for (const classTransformer of [true, false]) {
    describe(`Records on ${driver.name} ${classTransformer ? 'with' : 'without'} class-transformer`, () => {
      beforeEach(reset);

      const start = (
        userstore: StoreClass,
        providers: Constructor<NameProvider>[] = [NameProvider],
      ): Promise<Api> =>
        startApi(driver, {
          host: { controllers: [actions()], classTransformer },
          security: { userstores: [userstore], providers },
        });

      const shown: Record<string, () => unknown> = {
        'plain objects': () => ({ username: 'ann', password: HASH, old: { hash: HASH }, roles: ['reader'] }),
        'objects of another realm': () =>
          runInNewContext('({ username: "ann", password: hash, raw: { hash }, roles: ["reader"] })', {
            hash: HASH,
          }),
        proxies: () => new Proxy({ username: 'ann', password: HASH, roles: ['reader'] }, {}),
        'instances of a class': () => new Entity('ann', HASH),
      };
      for (const [what, make] of Object.entries(shown)) {
        it(`never show the hash when they are ${what}, which stay as they were`, async () => {
          const record = make() as User;
          const before = inspect(record, { depth: Infinity, showHidden: true });
          await using api = await start(storeOf(record));
          for (const path of PATHS) {
            const reply = await api.get(path, ANN);
            expect(reply.status).to.equal(200);
            expect(reply.text).to.include('reader').and.not.include(HASH);
          }
          await api.get('/raise', ANN);
          expect(inspect(record, { depth: Infinity, showHidden: true })).to.equal(before);
        });
      }

      it('are 500 when their class keeps the hash, and an event says what to do', async () => {
        await using api = await start(storeOf(new Hidden('ann', HASH)));
        for (const path of PATHS) {
          const reply = await api.get(path, ANN);
          expect(reply.status).to.equal(500);
          expect(reply.json()).to.deep.equal(BODIES.fault);
        }
        const [event] = api.events.filter(({ type }) => type === 'misconfigured');
        expect(event).to.include({ component: 'People', user: 'ann' });
        expect(event).to.have.property('problem').that.includes('Hidden').and.includes('publicView(user)');
        expect(inspect(api.events, { depth: Infinity }) + api.logger.lines.join()).to.not.include(HASH);
      });

      it('are shown as the publicView() of their store says', async () => {
        const publicView = ({ username }: User): User => ({ username, email: 'ann@b.example' });
        const record = Object.assign(new Hidden('ann', HASH), { roles: ['admin'] });
        await using api = await start(storeOf(record, { publicView }));
        expect((await api.get('/user', ANN)).json()).to.deep.equal({
          username: 'ann',
          email: 'ann@b.example',
        });
        for (const path of PATHS) expect((await api.get(path, ANN)).text).to.not.include(HASH);
        expect((await api.get('/admin', ANN)).status).to.equal(200);
        expect(api.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([]);
      });

      it('cannot be raised through the user that the action gets', async () => {
        const record = {
          username: 'ann',
          password: HASH,
          roles: ['a'],
          groups: ['g'],
          tokensValidFrom: new Date(7),
        };
        for (const publicView of [
          undefined,
          (user: User): User => user,
          (user: User): User => ({ ...user }),
        ]) {
          await using api = await start(storeOf(record, publicView && { publicView }));
          expect((await api.get('/raise', ANN)).status).to.equal(200);
          expect((await api.get('/admin', ANN)).status).to.equal(403);
          expect(record).to.deep.equal({
            username: 'ann',
            password: HASH,
            roles: ['a'],
            groups: ['g'],
            tokensValidFrom: new Date(7), // prettier-ignore
          });
        }
      });
    });
  }

  describe(`The publicView() of a userstore on ${driver.name}`, () => {
    beforeEach(reset);

    const faulty: Record<string, unknown> = {
      'throws': () => { throw new Error(`no view of ${HASH}`); }, // prettier-ignore
      'is async': (user: User) => Promise.resolve(user),
      rejects: () => Promise.reject(new Error(HASH)),
      'returns null': () => null,
      'returns another user': () => ({ username: 'bob' }),
      'returns the hash': ({ username, password }: User) => new Hidden(username, password ?? ''),
      'is no function': 'view',
    };
    for (const [what, publicView] of Object.entries(faulty)) {
      it(`is a fault when it ${what}`, async () => {
        using watch = new CrashWatch();
        const record = { username: 'ann', password: HASH };
        await using api = await startApi(driver, {
          security: {
            providers: [NameProvider],
            userstores: [storeOf(record, { publicView } as Partial<UserstoreInterface>)],
          },
        });
        const reply = await api.get('/guarded', ANN);
        expect(reply.status).to.equal(500);
        expect(reply.json()).to.deep.equal(BODIES.fault);
        expect(api.ran).to.deep.equal([]);
        expect(api.events.map(({ type }) => type)).to.include('misconfigured');
        expect(inspect(api.events, { depth: Infinity }) + api.logger.lines.join()).to.not.include(HASH);
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('is not asked about a user that a provider made itself, whose hash is kept inside all the same', async () => {
      const record = Object.freeze({ username: 'ann', password: HASH });
      const made = provider(
        'p',
        async (_request, users) => {
          const { password, ...rest } = (await users.getUser('ann'))!;
          return { ...rest, old: password };
        },
        { credential: 'x-user' },
      );
      await using api = await startApi(driver, {
        host: { controllers: [actions()] },
        security: {
          providers: [made],
          userstores: [storeOf(record, { publicView: () => expect.fail('asked') })],
        },
      });
      expect((await api.get('/user', ANN)).json()).to.deep.equal({ username: 'ann' });
    });
  });

  describe(`A login that a provider states on ${driver.name}`, () => {
    beforeEach(reset);

    const stating = (record: unknown, details?: AuthenticationDetails): Promise<Api> =>
      startApi(driver, {
        host: { controllers: [actions()] },
        security: {
          providers: [provider('stating', () => new Authentication(record as User, details))],
          userstores: [],
        },
      });

    it('shows no hash of its user', async () => {
      await using api = await stating(new Entity('ann', HASH));
      for (const path of PATHS) {
        const reply = await api.get(path);
        expect(reply.status).to.equal(200);
        expect(reply.text).to.not.include(HASH);
      }
    });

    it('is 500 when its user keeps the hash, and the event names the provider', async () => {
      await using api = await stating(new Hidden('ann', HASH));
      expect((await api.get('/user')).status).to.equal(500);
      const [event] = api.events.filter(({ type }) => type === 'misconfigured');
      expect(event).to.include({ component: 'stating', user: 'ann' });
      expect(event).to.have.property('problem').that.includes('provider');
    });

    const beside: Record<string, AuthenticationDetails> = {
      claims: { claims: { record: new Hidden('ann', HASH) } },
      'inner claims': { claims: { list: [{ hash: HASH }] } },
      'a reply header': { replyHeaders: { 'x-hash': HASH } },
    };
    for (const [what, details] of Object.entries(beside)) {
      it(`is 500 when ${what} would show the hash`, async () => {
        await using api = await stating({ username: 'ann', password: HASH }, details);
        const reply = await api.get('/login');
        expect(reply.status).to.equal(500);
        expect(reply.rawHeaders.join() + reply.text).to.not.include(HASH);
        expect(api.events.map(({ type }) => type)).to.include('misconfigured');
        expect(inspect(api.events, { depth: Infinity }) + api.logger.lines.join()).to.not.include(HASH);
      });
    }

    it('is 500 when its user is a proxy whose traps throw', async () => {
      const traps = { getOwnPropertyDescriptor: () => { throw new Error(HASH); } }; // prettier-ignore
      await using api = await stating(new Proxy({ username: 'ann', password: HASH }, traps));
      expect((await api.get('/user')).status).to.equal(500);
      expect(api.logger.lines.join()).to.not.include(HASH);
    });
  });
}
