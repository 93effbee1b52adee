/** The app's own container makes its controllers, whatever it does with classes that it does not know. */
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, useContainer } from 'routing-controllers';
import { type Action } from 'routing-controllers';
import { Service } from 'typedi';
import type { Constructor, User } from '../../src';
import { type Driver, DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { secured, SecuredServer } from '../support/secured-server';

type Any = new () => object;
type Given = Parameters<typeof useContainer>;

/** A controller that keeps whom it has seen, and what its container makes of it. */
function seenController() {
  @Service()
  class Database {
    readonly name: string = 'injected';
  }
  @JsonController()
  class Seen {
    private readonly names: string[] = [];
    constructor(readonly database: Database) {}
    @Authorized() @Get('/seen') list(@CurrentUser() user: User) {
      this.names.push(user.username);
      return { names: this.names, database: this.database.name };
    }
  }
  const own = { name: 'own' };
  return { Seen, make: () => new Seen(own) };
}

/** What containers of apps do with a class that they do not know. */
const UNKNOWN: Record<string, (instances: Map<Any, object>) => (cls: Any) => object> = {
  'creates it anew': () => (cls) => new cls(),
  'creates it once': (instances) => (cls) => {
    if (!instances.has(cls)) instances.set(cls, new cls());
    return instances.get(cls)!;
  },
  'has nothing': () => () => undefined as never,
  throws: () => (cls) => {
    throw new Error(`no ${cls.name} here`);
  },
};

const OPTIONS: Record<string, Given[1]> = {
  'no options': undefined,
  fallback: { fallback: true, fallbackOnErrors: true },
};

async function twice(server: SecuredServer): Promise<unknown[]> {
  return [await server.json('/seen', 'staff'), await server.json('/seen', 'editor')];
}

const fresh = ['staff', 'editor'].map((name) => ({ names: [name], database: 'own' }));

for (const driver of DRIVERS) {
  describe(`Controllers of the app's own container on ${driver.name}`, () => {
    beforeEach(reset);
    afterEach(() => useContainer(undefined as never));

    const start = (controller: Constructor<object>, on: Driver = driver) =>
      SecuredServer.start(on, { controllers: [controller] });

    for (const [does, unknown] of Object.entries(UNKNOWN)) {
      for (const [name, options] of Object.entries(OPTIONS)) {
        it(`are made for each request where it ${does} with an unknown class, with ${name}`, async () => {
          const { Seen, make } = seenController();
          const other = unknown(new Map());
          const get = (cls: Any) => (cls === (Seen as unknown) ? make() : other(cls));
          useContainer({ get } as Given[0], options);
          await using server = await start(Seen);
          expect(await twice(server)).to.deep.equal(fresh);
        });
      }
    }

    it('are one for each request of a container that is asked with the request', async () => {
      const { Seen, make } = seenController();
      const scoped = new WeakMap<object, object>();
      const get = (cls: unknown, action?: Action) => {
        if (cls !== Seen || action === undefined) return undefined;
        const request = action.request as object;
        if (!scoped.has(request)) scoped.set(request, make());
        return scoped.get(request);
      };
      useContainer({ get } as Given[0], { fallback: true });
      await using server = await start(Seen);
      expect(await twice(server)).to.deep.equal(fresh);
    });

    it('stay so where the container is given after the server is built', async () => {
      const { Seen, make } = seenController();
      await using server = await start(Seen);
      useContainer({ get: (cls: Any) => (cls === (Seen as unknown) ? make() : new cls()) } as Given[0]);
      expect(await twice(server)).to.deep.equal(fresh);
    });

    it('come from TypeDI where the container leaves them to the host', async () => {
      for (const options of [{ fallback: true }, { fallbackOnErrors: true }]) {
        reset();
        const { Seen } = seenController();
        const get = () => {
          if ('fallback' in options) return undefined;
          throw new Error('nothing here');
        };
        useContainer({ get } as Given[0], options);
        await using server = await start(Seen);
        expect(await server.json('/seen', 'staff')).to.deep.equal({ names: ['staff'], database: 'injected' });
      }
    });

    it('come from TypeDI in a secured app only: a plain one beside it gets what the host gives', async () => {
      const { Seen } = seenController();
      await using server = await start(Seen);
      expect(await server.json('/seen', 'staff')).to.include({ database: 'injected' });
      let bare: unknown;
      @JsonController()
      class Plain {
        constructor(readonly given: unknown) {
          bare = arguments.length;
        }
        @Get('/plain') get() {
          return { given: this.given ?? null };
        }
      }
      await using plain = await TestServer.start(driver.build({ controllers: [Plain] }));
      await using both = await TestServer.start(
        driver.build(secured({ controllers: [Plain] }, new MemoryLogger())),
      );
      expect(await (await plain.fetch('/plain')).json()).to.deep.equal({ given: null });
      expect(bare).to.equal(0);
      expect((await both.fetch('/plain')).status).to.equal(200);
      expect(bare).to.be.greaterThan(0);
      expect(await (await plain.fetch('/plain')).json()).to.deep.equal({ given: null });
    });
  });
}
