import { expect } from 'chai';
import fc from 'fast-check';
import { Container, ContainerInstance, Service, Token } from 'typedi';
import type { ContainerLike } from '../../../src/components/constructor';
import { knownService } from '../../../src/components/known-service';
import { resolve } from '../../../src/components/resolve';
import { reset } from '../../support/reset';

class Users {
  readonly made = true;
}
class Fake extends Users {}

interface Internals {
  services: object[];
}

const root = (): ContainerInstance => Container.of();
const internals = (container: ContainerInstance): Internals => container as unknown as Internals;

/** TypeDI cannot reset a value that is undefined or null. */
function empty(): void {
  internals(root()).services = [];
  reset();
}

/** Puts a record in front of all others that counts how often it is looked at. */
function countLooks(container: ContainerInstance): () => number {
  let looks = 0;
  internals(container).services.unshift({
    get id() {
      looks += 1;
      return undefined;
    },
  });
  return () => looks;
}

describe('resolve, asked again,', () => {
  const children: ContainerInstance[] = [];
  function child(): ContainerInstance {
    const container = new ContainerInstance(`child ${String(children.length)}`);
    children.push(container);
    return container;
  }
  beforeEach(empty);
  after(empty);

  describe('looks through no list of services', () => {
    const cases: [string, () => ContainerInstance | typeof Container][] = [
      ['of the global container', () => Container],
      ['of its instance', root],
      ['of another container', child],
    ];
    for (const [what, make] of cases) {
      it(what, () => {
        const container = make();
        const lists = container === Container ? [root()] : [root(), container as ContainerInstance];
        const first = resolve(container, Users);
        const looks = lists.map(countLooks);
        expect(resolve(container, Users)).to.equal(first);
        // The first look finds the record in another place.
        const before = looks.map((count) => count());
        expect(before[0]).to.be.greaterThan(0);
        for (let index = 0; index < 10; index += 1) expect(resolve(container, Users)).to.equal(first);
        expect(looks.map((count) => count())).to.deep.equal(before);
      });
    }

    it('when others are added, or what is set is replaced', () => {
      resolve(Container, Users);
      const looks = countLooks(root());
      resolve(Container, Users);
      const fake = new Fake();
      Container.set(Users, fake);
      Container.set(new Token('other'), 1);
      const before = looks();
      expect(resolve(Container, Users)).to.equal(fake);
      expect(looks()).to.equal(before);
    });
  });

  describe('honours at once', () => {
    const kinds: [string, () => ContainerInstance][] = [
      ['the global container', root],
      ['another container', child],
    ];
    for (const [name, make] of kinds) {
      const changes: [string, (container: ContainerInstance) => unknown][] = [
        ['another value', (container) => container.set(Users, new Fake())],
        ['a value that is null', (container) => container.set(Users, null)],
        ['a value that is undefined', (container) => container.set(Users, undefined)],
        ['a value that is false', (container) => container.set(Users, false)],
        ['another class', (container) => container.set({ id: Users, type: Fake })],
        ['a factory', (container) => container.set({ id: Users, factory: () => new Fake() })],
        [
          'a record of several that comes to stand first',
          (container) => {
            const { services } = internals(container);
            services.unshift({ id: Users, type: Fake, value: new Fake() });
          },
        ],
        [
          'a removed class that is set again',
          (container) => container.remove(Users).set({ id: Users, type: Fake }),
        ],
        [
          'services that were reset, and others set',
          (container) => container.reset({ strategy: 'resetServices' }).set(Users, new Fake()),
        ],
        [
          'a list of services that is another',
          (container) => {
            internals(container).services = [{ id: Users, type: Fake, value: new Fake() }];
          },
        ],
      ];
      for (const [what, change] of changes) {
        it(`${what} of ${name}`, () => {
          const container = make();
          const before = resolve<unknown>(container, Users);
          change(container);
          const after = resolve<unknown>(container, Users);
          expect(after).to.equal(container.get(Users)).and.not.equal(before);
          expect(resolve<unknown>(container, Users)).to.equal(after);
        });
      }

      it(`the first of several of ${name}`, () => {
        const container = make();
        const first = new Fake();
        for (const value of [first, new Fake()]) {
          container.set({ id: Users, type: null, value, multiple: true });
          expect(resolve(container, Users)).to.equal(first);
        }
        container.remove(Users);
        expect(resolve(container, Users)).to.be.instanceOf(Users).and.not.equal(first);
      });

      it(`reset values of ${name}, which make a new instance`, () => {
        const container = make();
        const before = resolve(container, Users);
        container.reset();
        const after = resolve(container, Users);
        expect(after).to.be.instanceOf(Users).and.not.equal(before);
        expect(resolve(container, Users)).to.equal(after);
      });

      it(`a class that ${name} has made anew each time from now on`, () => {
        const container = make();
        resolve(container, Users);
        container.remove(Users);
        container.set({ id: Users, type: Users, transient: true });
        const made = Array.from({ length: 4 }, () => resolve(container, Users));
        expect(new Set(made).size).to.equal(4);
      });

      it(`another get() of ${name}, and that it is taken away again`, () => {
        const container = make();
        const first = resolve(container, Users);
        const fake = new Fake();
        const own = container as { get?: unknown };
        own.get = () => fake;
        expect(resolve(container, Users)).to.equal(fake);
        delete own.get;
        expect(resolve(container, Users)).to.equal(first);
      });
    }

    for (const method of ['get', 'of'] as const) {
      it(`another ${method}() of the global container`, () => {
        resolve(Container, Users);
        const fake = new Fake();
        const other = new ContainerInstance('other').set(Users, fake);
        const statics = Container as unknown as Record<string, unknown>;
        const before = statics[method];
        statics[method] = () => (method === 'get' ? fake : other);
        try {
          expect(resolve(Container.of() === other ? other : Container, Users)).to.equal(fake);
        } finally {
          statics[method] = before;
        }
        expect(resolve(Container, Users)).to.not.equal(fake);
      });
    }

    it('an instance that the global container shares with all, and that it no longer does', () => {
      const container = child();
      const own = resolve(container, Users);
      const shared = new Fake();
      Container.set({ id: Users, type: null, value: shared, global: true });
      expect(resolve(container, Users)).to.equal(shared);
      Container.set({ id: Users, type: Users, global: false });
      expect(resolve(container, Users)).to.equal(own);
      expect(resolve(Container, Users)).to.not.equal(own);
      expect(resolve(Container, Users)).to.not.equal(shared);
    });

    it('a container that never had a record of its own, when nothing is shared any more', () => {
      const container = child();
      Container.set({ id: Users, type: Users, global: true });
      const shared = resolve(container, Users);
      expect(shared).to.equal(resolve(Container, Users));
      Container.set({ id: Users, type: Users, global: false });
      expect(resolve(container, Users)).to.equal(container.get(Users)).and.not.equal(shared);
      expect(resolve(Container, Users)).to.not.equal(resolve(container, Users));
    });
  });

  it('creates a class with a container that overrides how it is found', () => {
    const fake = new Fake();
    class Scoped extends ContainerInstance {
      override get(): never {
        return fake as never;
      }
    }
    const container = new Scoped('scoped') as ContainerLike;
    expect(resolve(container, Users)).to.equal(fake);
    expect(resolve(container, Users)).to.equal(fake);
    expect(knownService(container, Users)).to.equal(undefined);
  });

  it('asks a proxy of a container each time', () => {
    const asked: unknown[] = [];
    const container = new Proxy(child(), {
      get(target, key, receiver) {
        if (key === 'get') {
          return (cls: unknown) => {
            asked.push(cls);
            return target.get(cls as typeof Users);
          };
        }
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    for (let index = 0; index < 3; index += 1) resolve(container as ContainerLike, Users);
    expect(asked).to.deep.equal([Users, Users, Users]);
  });

  it('keeps classes of one name apart, and containers too', () => {
    const classes = Array.from({ length: 3 }, () => class Same {});
    const containers = [root(), child(), child()];
    const found = containers.map((container) => classes.map((cls) => resolve(container, cls)));
    expect(new Set(found.flat()).size).to.equal(9);
    expect(containers.map((container) => classes.map((cls) => resolve(container, cls)))).to.deep.equal(found);
    for (const [index, container] of containers.entries()) {
      for (const [at, cls] of classes.entries()) {
        expect(resolve(container, cls)).to.equal(found[index]?.[at]);
      }
    }
  });

  it('passes on what a constructor throws, and tries again', () => {
    let isBroken = true;
    @Service()
    class Fragile {
      constructor() {
        if (isBroken) throw new Error('no file');
      }
    }
    const refuse = () => expect(() => resolve(Container, Fragile)).to.throw('no file');
    refuse();
    refuse();
    isBroken = false;
    const made = resolve(Container, Fragile);
    Container.reset();
    isBroken = true;
    refuse();
    refuse();
    isBroken = false;
    expect(resolve(Container, Fragile)).to.be.instanceOf(Fragile).and.not.equal(made);
  });

  it('gives what get() gives after any changes', () => {
    class Others {
      readonly made = true;
    }
    const classes = [Users, Others];
    type Change = (container: ContainerInstance, cls: typeof Users) => unknown;
    const changes: Record<string, Change> = {
      value: (container, cls) => container.set(cls, new Fake()),
      none: (container, cls) => container.set(cls, undefined),
      class: (container, cls) => container.set({ id: cls, type: cls }),
      another: (container, cls) => container.set({ id: cls, type: Fake }),
      shared: (container, cls) => container.set({ id: cls, type: cls, global: true }),
      unshared: (container, cls) => container.set({ id: cls, type: cls, global: false }),
      factory: (container, cls) => container.set({ id: cls, factory: () => new Fake() }),
      remove: (container, cls) => container.remove(cls),
      reset: (container) => container.reset(),
      empty: (container) => container.reset({ strategy: 'resetServices' }),
      other: (container) => container.set(new Token('other'), 1),
    };
    const step = fc.record({
      change: fc.constantFrom(...Object.keys(changes)),
      where: fc.nat(2),
      cls: fc.nat(1),
      asks: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        empty();
        const containers = [root(), new ContainerInstance('a'), new ContainerInstance('b')];
        for (const { change, where, cls, asks } of steps) {
          try {
            changes[change]?.(containers[where] ?? root(), classes[cls] ?? Users);
          } catch (error) {
            // It cannot reset a value that is null or undefined, and stops half way.
            if (!(error instanceof TypeError)) throw error;
          }
          for (const container of containers.slice(asks)) {
            for (const asked of classes) {
              const found = resolve(container, asked);
              if (found !== container.get(asked)) return false;
            }
          }
        }
        return true;
      }),
      { numRuns: 400 },
    );
  });
});
