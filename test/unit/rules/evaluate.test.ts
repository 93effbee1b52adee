import { expect } from 'chai';
import { allOf, anyOf, toRule } from '../../../src/rules/rules';
import { firstUnmetLevel } from '../../../src/rules/evaluate';
import type { RuleContext } from '../../../src/rules/rule-kind';
import type { Access, Rule } from '../../../src/core/access';
import { NOTHING_ASSUMED } from '../../../src/authorization/what-lacks';
import { Authentication } from '../../../src/core/authentication';
import { fakeRequest } from '../../support/fake-request';

const ANN = { username: 'ann' };

function accessOf(...rules: Rule[]): Access {
  const levels = rules.map((rule, index) => ({ rule, source: `level ${index}` }));
  return {
    action: 'Notes.act',
    method: 'GET',
    route: '/',
    isPattern: false,
    numericParameters: [],
    levels,
    openedBy: undefined,
  };
}

function context(options: Partial<RuleContext> = {}): RuleContext {
  return {
    user: ANN,
    login: new Authentication(ANN),
    assumed: NOTHING_ASSUMED,
    isEarly: false,
    now: Date.now,
    request: fakeRequest(),
    roles: async () => new Set(['a', 'b']),
    isGranted: (permission, roles) => permission === 'note:read' && roles.has('b'),
    resource: () => Promise.resolve(null),
    policy: (cls) => new cls(),
    ...options,
  };
}

async function holds(value: unknown, options?: Partial<RuleContext>): Promise<boolean> {
  return (await firstUnmetLevel(accessOf(toRule(value, 'here')), context(options))) === undefined;
}

class Granting {
  check() {
    return true;
  }
}
class Refusing {
  check() {
    return Promise.resolve(false);
  }
}

describe('firstUnmetLevel', () => {
  const table: [string, unknown, boolean][] = [
    ['any user', undefined, true],
    ['a role the user has', 'a', true],
    ['a role the user has not', 'x', false],
    ["a role by another's case", 'A', false],
    ['a role that objects have by themselves', 'constructor', false],
    ['any of, one held', ['x', 'b'], true],
    ['any of, none held', ['x', 'y'], false],
    ['all of, all held', allOf('a', 'b'), true],
    ['all of, one held', allOf('a', 'x'), false],
    ['a nested rule that holds', allOf('a', anyOf('x', 'b')), true],
    ['a nested rule that does not', allOf('a', anyOf('x', 'y')), false],
    ['a policy that grants', Granting, true],
    ['a policy that refuses', Refusing, false],
    ['a function that grants later', async () => true, true],
    ['a function that refuses', () => false, false],
  ];
  for (const [what, value, expected] of table) {
    it(`is ${expected ? 'met' : 'unmet'} for ${what}`, async () => {
      expect(await holds(value)).to.equal(expected);
    });
  }

  const truthy: unknown[] = [
    1,
    'true',
    'false',
    {},
    [],
    { ok: true },
    ANN,
    Object(true),
    () => true,
    null,
    undefined,
  ];
  truthy.forEach((leftover, index) => {
    it(`takes only a literal true of a policy (${index})`, async () => {
      class Leftover {
        check() {
          return leftover as boolean;
        }
      }
      expect(await holds(Leftover)).to.be.false;
      expect(await holds(() => leftover as boolean)).to.be.false;
      expect(await holds(async () => leftover as boolean)).to.be.false;
    });
  });

  it('asks for every level, and names the first that does not hold', async () => {
    const access = accessOf(toRule('a', ''), toRule('x', ''), toRule('y', ''));
    expect((await firstUnmetLevel(access, context()))?.source).to.equal('level 1');
    expect(await firstUnmetLevel(accessOf(toRule('a', ''), toRule('b', '')), context())).to.equal(undefined);
  });

  it('hands policies the action, the user and the request', async () => {
    const request = fakeRequest();
    const calls: unknown[][] = [];
    class Recording {
      check(...args: unknown[]) {
        calls.push(args);
        return true;
      }
    }
    const predicate = (...args: unknown[]) => calls.push(args) > 0;
    expect(await holds(allOf(Recording, predicate), { request })).to.be.true;
    expect(calls).to.deep.equal([
      [request.action, ANN, request],
      [ANN, request],
    ]);
  });

  it('loads no roles where no role is asked for', async () => {
    const roles = () => expect.fail('loaded');
    expect(await holds(anyOf(Granting, 'x'), { roles })).to.be.true;
  });

  it('grants nothing when a policy or the roles fail', async () => {
    const failing: [unknown, Partial<RuleContext>][] = [
      [() => { throw new Error('x'); }, {}],
      [anyOf(() => Promise.reject(new Error('x')), 'a'), {}],
      ['a', { roles: () => Promise.reject(new Error('x')) }],
      [Granting, { policy: () => { throw new Error('x'); } }],
      [Granting, { policy: () => undefined as never }],
    ]; // prettier-ignore
    for (const [value, options] of failing) {
      const result = await holds(value, options).catch(() => 'failed');
      expect(result).to.equal('failed');
    }
  });

  it('fails for a rule of no known kind', () => {
    const access = accessOf({ kind: 'none' } as never);
    expect(() => firstUnmetLevel(access, context())).to.throw(TypeError);
  });
});
