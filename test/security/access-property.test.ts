/**
 * The access of generated controllers, three classes deep, against a naive reading of the rules that is
 * written here a second time; and the answer over HTTP against both.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  allOf,
  anyOf,
  ConfigurationError,
  type Constructor,
  createSecurity,
  Public,
  type RuleInput,
  securityReport,
} from '../../src';
import { type Driver, DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';

const ROLES = ['a', 'b', 'c'] as const;

/** A guard as a tree: a role, or all or any of several. Undefined asks for any user. */
type Guard = { role: string } | { all: Guard[] } | { any: Guard[] } | undefined;

/** What stands on one class of the way up, and on its method when it has one. */
interface Level {
  classGuards: Guard[];
  classPublic: boolean;
  /** Undefined where the class does not have the method. */
  method: { guards: Guard[]; isPublic: boolean } | undefined;
}

interface Tree {
  /** The base class first. Only its method has a route; the subclasses inherit or override it. */
  levels: Level[];
  default: 'public' | 'authenticated';
}

const guard: fc.Arbitrary<Guard> = fc.letrec<{ guard: Guard }>((tie) => ({
  guard: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(undefined, ...ROLES.map((role) => ({ role }))),
    fc.record({
      all: fc.array(
        tie('guard').filter((part) => part !== undefined),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    fc.record({
      any: fc.array(
        tie('guard').filter((part) => part !== undefined),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  ),
})).guard;
const guards = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Guard[]>([]) },
  { weight: 2, arbitrary: fc.array(guard, { maxLength: 2 }) },
);
const rarely = fc.integer({ min: 0, max: 5 }).map((number) => number === 0);
const method = fc.record({ guards, isPublic: rarely });
const level = (needsMethod: boolean): fc.Arbitrary<Level> =>
  fc.record({
    classGuards: guards,
    classPublic: rarely,
    method: needsMethod ? method : fc.option(method, { nil: undefined }),
  });
const tree: fc.Arbitrary<Tree> = fc.record({
  levels: fc.tuple(level(true), level(false), level(false)).map((levels) => [...levels]),
  default: fc.constantFrom('public', 'authenticated'),
});

function toInput(part: Guard): RuleInput | undefined {
  if (part === undefined) return undefined;
  if ('role' in part) return part.role;
  return 'all' in part
    ? allOf(...part.all.map((inner) => toInput(inner)!))
    : anyOf(...part.any.map((inner) => toInput(inner)!));
}

/** Writes the classes that a tree describes; the last one is the controller. */
function build({ levels }: Tree): Constructor<object> {
  let cls: Constructor<object> = class Root {};
  levels.forEach((one, index) => {
    const Base = cls;
    const Next = class extends Base {};
    Object.defineProperty(Next, 'name', { value: `Class${index}` });
    if (one.method !== undefined) {
      Object.defineProperty(Next.prototype, 'act', { value: () => ({}), writable: true, configurable: true });
      if (index === 0) Get('/act')(Next.prototype, 'act');
      for (const part of one.method.guards) Authorized(toInput(part))(Next.prototype, 'act');
      if (one.method.isPublic) Public()(Next.prototype, 'act');
    }
    for (const part of one.classGuards) Authorized(toInput(part))(Next);
    if (one.classPublic) Public()(Next);
    cls = Next;
  });
  JsonController()(cls);
  return cls;
}

function holds(part: Guard, roles: ReadonlySet<string>): boolean {
  if (part === undefined) return true;
  if ('role' in part) return roles.has(part.role);
  return 'all' in part
    ? part.all.every((one) => holds(one, roles))
    : part.any.some((one) => holds(one, roles));
}

/** The guards that must all hold, 'open' without any, or 'refused' where the app must not start. */
function naive({ levels, default: byDefault }: Tree): Guard[] | 'open' | 'refused' {
  for (const [index, one] of levels.entries()) {
    if (one.method?.isPublic === true && one.method.guards.length > 0) return 'refused';
    if (!one.classPublic) continue;
    if (one.classGuards.length > 0) return 'refused';
    if (levels.slice(0, index).some((base) => base.classGuards.length > 0)) return 'refused';
  }
  const speaking = levels.findLastIndex(
    ({ method: own }) => own !== undefined && (own.isPublic || own.guards.length > 0),
  );
  const own = levels[speaking]?.method;
  if (own?.isPublic === true) {
    const below = levels.slice(speaking + 1).flatMap(({ classGuards }) => classGuards);
    return below.length > 0 ? below : 'open';
  }
  const all = [...levels.flatMap(({ classGuards }) => classGuards), ...(own?.guards ?? [])];
  if (all.length > 0) return all;
  const implementer = levels.findLastIndex((one) => one.method !== undefined);
  // A class opens what it or a base of it implements.
  if (levels.some(({ classPublic }, index) => classPublic && index >= implementer)) return 'open';
  return byDefault === 'public' ? 'open' : [undefined];
}

/** Every set of roles. */
const SETS = Array.from({ length: 2 ** ROLES.length }, (_, bits) =>
  ROLES.filter((_role, index) => (bits >> index) % 2 === 1),
);

const byRoles = provider(
  'p',
  (request) => {
    const roles = request.header('x-roles');
    return roles === undefined
      ? null
      : { username: 'u', roles: roles.split('').filter((role) => role !== '-') };
  },
  { credential: 'x-roles' },
);

function secured(one: Tree) {
  const security = createSecurity({ logger: new MemoryLogger(), providers: [byRoles], default: one.default });
  return security.secure({ controllers: [build(one)] });
}

/** Status by client: anonymous first, then each set of roles. */
async function answers(driver: Driver, one: Tree): Promise<number[] | 'refused'> {
  reset();
  let listener;
  try {
    listener = driver.build(secured(one));
  } catch (error) {
    if (error instanceof ConfigurationError) return 'refused';
    throw error;
  }
  await using server = await TestServer.start(listener);
  const status = async (headers: Record<string, string>) => (await server.raw('/act', { headers })).status;
  return await Promise.all([status({}), ...SETS.map((roles) => status({ 'x-roles': `-${roles.join('')}` }))]);
}

function expected(one: Tree): number[] | 'refused' {
  const access = naive(one);
  if (access === 'refused') return 'refused';
  if (access === 'open') return [200, ...SETS.map(() => 200)];
  const isIn = (roles: readonly string[]) => access.every((part) => holds(part, new Set(roles)));
  return [401, ...SETS.map((roles) => (isIn(roles) ? 200 : 403))];
}

describe('The access of generated controllers', () => {
  it('has exactly the levels that a naive reading finds', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (one) => {
        reset();
        const access = naive(one);
        const report = await securityReport(secured(one)).catch((error: unknown) => {
          if (error instanceof ConfigurationError) return undefined;
          throw error;
        });
        if (access === 'refused') expect(report).to.equal(undefined);
        else if (access === 'open') expect(report?.routes[0]?.levels).to.deep.equal([]);
        else expect(report?.routes[0]?.levels).to.have.length(access.length);
      }),
      { numRuns: 500 },
    );
  }).timeout(30_000);

  for (const driver of DRIVERS) {
    it(`is what ${driver.name} answers, for nobody and for every set of roles`, async () => {
      await fc.assert(
        fc.asyncProperty(tree, async (one) => {
          expect(await answers(driver, one)).to.deep.equal(expected(one));
        }),
        { numRuns: 100 },
      );
    }).timeout(60_000);
  }

  it('comes in every kind from the generator', () => {
    const kinds = fc.sample(tree, { numRuns: 2000, seed: 7 }).map((one) => {
      const access = naive(one);
      return typeof access === 'string' ? access : 'guarded';
    });
    for (const kind of ['open', 'refused', 'guarded']) {
      expect(kinds.filter((one) => one === kind).length, kind).to.be.greaterThan(100);
    }
  });
});
