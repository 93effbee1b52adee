/** Nobody is somebody else after a reset or in another container. */
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  type Authentication,
  AuthProvider,
  type Constructor,
  type ContainerLike,
  CurrentAuthentication,
  type RoleChecker,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { type Driver, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { type Api, BODIES, type Reply, startApi } from '../support/scripted';
import { NameProvider } from '../support/secured-server';

/** Who the action was told that the request is, by each way of asking. */
function whoController(...policy: Constructor<RoleChecker>[]): Constructor<object> {
  @JsonController()
  class Who {
    @Authorized(...(policy as [])) @Get('/who') who(
      @CurrentUser() before: User,
      @CurrentAuthentication() login: Authentication,
      @CurrentUser() after: User,
    ) {
      return [before, login.user, after].map(({ username }) => username);
    }
    @Authorized('staff') @Get('/staff') staff(@CurrentUser() user: User) {
      return [user.username];
    }
  }
  return Who;
}

const as = (name: string) => ({ 'x-user': name });
const outcome = (reply: Reply): [number, unknown] => [reply.status, reply.json()];
const itself = (name: string): [number, unknown] => [200, [name, name, name]];

/** TypeDI's resets and removals, of what an app may have in its container. */
const RESETS: Readonly<Record<string, (...classes: Constructor<unknown>[]) => void>> = {
  'Container.reset()': () => void Container.reset(),
  'a reset of all services': () => void Container.of('default').reset({ strategy: 'resetServices' }),
  'Container.remove()': (...classes) => void Container.remove(classes),
};

for (const driver of DRIVERS) {
  describe(`Identities after resets on ${driver.name}`, () => {
    beforeEach(reset);
    afterEach(() => ['a', 'b'].forEach((id) => Container.reset(id)));

    for (const [name, forget] of Object.entries(RESETS)) {
      it(`${name} while the app runs changes nobody's identity, the requests under way included`, async () => {
        const { api: started, hold, classes } = await startDecorated(driver);
        await using api = started;
        const expectGuarded = async () => {
          expect(outcome(await api.get('/who'))).to.deep.equal([401, BODIES.missing]);
          expect(outcome(await api.get('/who', as('eve')))).to.deep.equal([401, BODIES.bad]);
          expect(outcome(await api.get('/staff', as('ann')))).to.deep.equal([403, BODIES.denied]);
          expect(outcome(await api.get('/staff', as('bob')))).to.deep.equal([200, ['bob']]);
          expect(outcome(await api.get('/who', as('ann')))).to.deep.equal(itself('ann'));
        };
        await expectGuarded();

        const held = hold();
        const users = ['ann', 'bob', 'eve'];
        const replies = users.map((user) => api.get('/who', as(user)));
        await eventually(() => held.waiting === users.length);
        forget(...classes);
        held.release();
        const [ann, bob, eve] = await Promise.all(replies);
        expect([outcome(ann!), outcome(bob!)]).to.deep.equal([itself('ann'), itself('bob')]);
        expect(outcome(eve!)).to.deep.equal([401, BODIES.bad]);
        await expectGuarded();
      });
    }

    it('what a reset took from a store or provider is a fault, never an open door', async () => {
      @Service()
      class Database {
        readonly names = ['ann'];
      }
      @Service()
      class Keys {}
      @Service()
      class Users {
        constructor(private readonly database: Database) {}
        getUser(name: string): User | null {
          return this.database.names.includes(name) ? { username: name } : null;
        }
      }
      @Service()
      class Names extends NameProvider {
        constructor(readonly keys: Keys) {
          super();
        }
      }
      const security = { providers: [Names], userstores: [Users] };
      await using api = await startApi(driver, { security, host: { controllers: [whoController()] } });
      const replies = async () => {
        const all = await Promise.all([{}, as('ann'), as('eve')].map((who) => api.get('/who', who)));
        return all.map(outcome);
      };
      const [missing, fault, bad] = [
        [401, BODIES.missing],
        [500, BODIES.fault],
        [401, BODIES.bad],
      ];
      expect(await replies()).to.deep.equal([missing, itself('ann'), bad]);
      Container.of('default').reset({ strategy: 'resetServices' });
      expect(await replies()).to.deep.equal([fault, fault, fault]);
      Container.set({ id: Keys, type: Keys });
      expect(await replies()).to.deep.equal([missing, fault, fault]);
      Container.set({ id: Database, type: Database });
      expect(await replies()).to.deep.equal([missing, itself('ann'), bad]);
    });

    it('a container that fails, or gives something else, is a fault for everybody', async () => {
      let broken: (() => unknown) | undefined;
      const instances = new Map<unknown, unknown>();
      const container: ContainerLike = {
        get: <T>(cls: Constructor<T>): T => {
          if (broken !== undefined) return broken() as T;
          if (!instances.has(cls)) instances.set(cls, new cls());
          return instances.get(cls) as T;
        },
      };
      const security = { container, providers: [NameProvider], userstores: [Cast] };
      await using api = await startApi(driver, { security, host: { controllers: [whoController()] } });
      expect(outcome(await api.get('/who', as('ann')))).to.deep.equal(itself('ann'));
      const answers: (() => unknown)[] = [
        () => {
          throw new Error('empty');
        },
        () => undefined,
        () => ({}),
        () => ({ authenticate: () => true }),
        () => ({ authenticate: () => ({ user: { username: 'ann' } }) }),
      ];
      for (const answer of answers) {
        broken = answer;
        for (const headers of [{}, as('ann'), as('eve')]) {
          expect(outcome(await api.get('/who', headers))).to.deep.equal([500, BODIES.fault]);
        }
      }
      broken = undefined;
      expect(outcome(await api.get('/who', as('ann')))).to.deep.equal(itself('ann'));
    });

    it("instances with containers of their own never see each other's users, nor the global ones", async () => {
      let globalAsked = 0;
      const everybody = { getUser: (username: string) => ({ username, roles: ['staff'] }) };
      Container.set(Cast, { getUser: (name: string) => ((globalAsked += 1), everybody.getUser(name)) });
      Container.set(Opinion, { check: () => ((globalAsked += 1), true) });

      const controllers = [whoController(Opinion)];
      const startIn = (id: string, people: Record<string, string[]>, opinion: boolean) => {
        const container = Container.of(id);
        container.set(Cast, new Cast(people));
        container.set(Opinion, { check: () => opinion });
        const security = { container, providers: [NameProvider], userstores: [Cast] };
        return startApi(driver, { security, host: { controllers } });
      };
      await using a = await startIn('a', { ann: ['staff'], root: ['staff'] }, true);
      await using b = await startIn('b', { bob: ['staff'], root: [] }, false);

      const ask = async (api: Api, path: string, name: string) => outcome(await api.get(path, as(name)));
      const expected: [Api, string, string, [number, unknown]][] = [
        [a, '/who', 'ann', itself('ann')],
        [a, '/who', 'root', itself('root')],
        [a, '/staff', 'root', [200, ['root']]],
        [a, '/who', 'bob', [401, BODIES.bad]],
        [b, '/who', 'ann', [401, BODIES.bad]],
        [b, '/who', 'root', [403, BODIES.denied]],
        [b, '/staff', 'bob', [200, ['bob']]],
        [b, '/staff', 'root', [403, BODIES.denied]],
      ];
      const rounds = Array.from({ length: 10 }, () => expected).flat();
      const outcomes = await Promise.all(rounds.map(([api, path, name]) => ask(api, path, name)));
      expect(outcomes).to.deep.equal(rounds.map(([, , , right]) => right));

      Container.reset('b');
      for (const [api, path, name, right] of expected) {
        if (api === a) expect(await ask(a, path, name)).to.deep.equal(right);
        else expect((await api.get(path, as(name))).status).to.be.at.least(400);
      }
      expect(globalAsked).to.equal(0);
    });
  });
}

/** A store whose people are given; ann is there unless somebody else is. */
class Cast implements UserstoreInterface {
  readonly #people: Readonly<Record<string, string[]>>;

  constructor(people: Readonly<Record<string, string[]>> = { ann: [] }) {
    this.#people = people;
  }

  getUser(username: string): User | null {
    const roles = Object.hasOwn(this.#people, username) ? this.#people[username]! : undefined;
    return roles === undefined ? null : { username, roles };
  }
}

/** A policy that each container has its own of. */
class Opinion implements RoleChecker {
  check(): boolean {
    return false;
  }
}

/** An app of decorated classes in the global container, whose store can be made to wait. */
async function startDecorated(driver: Driver) {
  let held: { waiting: number; release(): void; released: Promise<void> } | undefined;

  @Userstore()
  class Users {
    async getUser(username: string): Promise<User | null> {
      if (held !== undefined) {
        held.waiting += 1;
        await held.released;
      }
      if (username === 'bob') return { username, roles: ['staff'] };
      return username === 'ann' ? { username } : null;
    }
  }
  @AuthProvider(1)
  class Names extends NameProvider {}

  const api = await startApi(driver, { security: {}, host: { controllers: [whoController()] } });
  const hold = () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = () => {
        held = undefined;
        resolve();
      };
    });
    held = { waiting: 0, release, released };
    return held;
  };
  return { api, hold, classes: [Users, Names] };
}
