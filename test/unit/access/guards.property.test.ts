import { expect } from 'chai';
import fc from 'fast-check';
import { Authorized } from 'routing-controllers';
import { type DefaultAccess, type Guards, guardsOf as guardsIn } from '../../../src/access/guards';
import { HostDeclarations } from '../../../src/host/access/declared';
import { Public } from '../../../src/decorators/public';
import { ConfigurationError } from '../../../src/errors';
import { reset } from '../../support/reset';

function guardsOf(cls: object, method: string, byDefault: DefaultAccess, requiredBy?: string): Guards {
  return guardsIn(cls, method, byDefault, requiredBy, new HostDeclarations());
}

/** What a generated class carries. The list of a tree goes from the base down to the controller. */
interface Written {
  readonly roles: readonly string[];
  readonly isPublic: boolean;
  readonly method: { readonly roles: readonly string[]; readonly isPublic: boolean } | undefined;
}

type Effective = { roles: string[] } | 'open' | 'refused';

const marks = {
  roles: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
  isPublic: fc.boolean(),
};
const written: fc.Arbitrary<Written> = fc.record({
  ...marks,
  method: fc.option(fc.record(marks), { nil: undefined }),
});
const trees = fc.array(written, { minLength: 1, maxLength: 4 });

/**
 * The access rules read one after the other, from the controller up:
 * every class guard counts; the nearest method that says something speaks for the method; a method's
 * `@Public()` silences the guards of its own class and above; a class's `@Public()` opens what it or a base
 * implements; contradictions are refused.
 */
function naive(tree: readonly Written[], defaultAccess: DefaultAccess): Effective {
  for (const [depth, { roles, isPublic, method }] of tree.entries()) {
    if (method?.isPublic === true && method.roles.length > 0) return 'refused';
    const guardedHereOrAbove = roles.length > 0 || tree.slice(0, depth).some((base) => base.roles.length > 0);
    if (isPublic && guardedHereOrAbove) return 'refused';
  }
  const collected: string[] = [];
  let hasSpoken = false;
  let isImplemented = false;
  let isOpened = false;
  for (const { roles, isPublic, method } of tree.toReversed()) {
    // A class that opens itself speaks for the implementation it has or inherits, not for one below it.
    if (isPublic && !isImplemented) isOpened = true;
    isImplemented ||= method !== undefined;
    if (!hasSpoken && method?.isPublic === true) {
      return collected.length > 0 ? { roles: collected } : 'open';
    }
    if (!hasSpoken && method !== undefined && method.roles.length > 0) {
      hasSpoken = true;
      collected.push(...method.roles);
    }
    collected.push(...roles);
  }
  if (collected.length > 0) return { roles: collected };
  return isOpened || defaultAccess === 'public' ? 'open' : { roles: ['(authenticated)'] };
}

function build(tree: readonly Written[]): object {
  let controller: new () => object = class {};
  for (const { roles, isPublic, method } of tree) {
    const Class = class extends controller {};
    const prototype = Class.prototype as { act?(): void };
    if (method !== undefined) {
      Object.defineProperty(prototype, 'act', { value() {} });
      for (const role of method.roles) Authorized(role)(prototype, 'act');
      if (method.isPublic) Public()(prototype, 'act');
    }
    for (const role of roles) (Authorized(role) as (target: object) => void)(Class);
    if (isPublic) Public()(Class);
    controller = Class;
  }
  return controller;
}

function compiled(controller: object, defaultAccess: DefaultAccess): Effective {
  try {
    const { levels } = guardsOf(controller, 'act', defaultAccess);
    if (levels.length === 0) return 'open';
    return { roles: levels.map(({ rule }) => (rule.kind === 'role' ? rule.role : `(${rule.kind})`)) };
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return 'refused';
  }
}

function sorted(effective: Effective): Effective {
  return typeof effective === 'string' ? effective : { roles: effective.roles.toSorted() };
}

describe('guardsOf on generated class trees', () => {
  beforeEach(reset);

  it('gives what the rules say', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(trees, fc.constantFrom<DefaultAccess>('public', 'authenticated'), (tree, defaultAccess) => {
        // An action exists where some class of the tree implements it.
        fc.pre(tree.some(({ method }) => method !== undefined));
        reset();
        const expected = sorted(naive(tree, defaultAccess));
        seen.add(typeof expected === 'string' ? expected : 'guarded');
        expect(sorted(compiled(build(tree), defaultAccess))).to.deep.equal(expected);
      }),
      { numRuns: 2000 },
    );
    expect([...seen]).to.have.members(['open', 'guarded', 'refused']);
  });
});
