import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { compileAction } from '../../../../src/host/access/compile';
import { findNarrowed } from '../../../../src/access/warnings/narrowing';
import { permission } from '../../../../src/rules/permission';
import { allOf, anyOf, type RuleInput } from '../../../../src/rules/rules';
import { Grants } from '../../../../src/authorization/grants';
import { Public } from '../../../../src/decorators/public';
import { reset } from '../../../support/reset';
import { actionsOf } from '../actions';

const GRANTS = new Grants({
  roleHierarchy: { admin: ['staff'], owner: ['admin'] },
  permissions: { staff: ['note:read'] },
});

const policy = () => true;

type Written = RuleInput | RuleInput[] | undefined;

/** The sets of roles that are kept out, each in words, of a class and a method with these guards. */
function narrowed(onClass: Written, ...onMethod: Written[]): string[] {
  class Notes {
    act() {}
  }
  for (const rule of onMethod) Authorized(rule)(Notes.prototype, 'act');
  (Authorized(onClass) as (target: object) => void)(Notes);
  Get('/')(Notes.prototype, 'act');
  JsonController()(Notes);
  const compiled = actionsOf({ controllers: [Notes] }).map((action) => compileAction(action, '', 'public'));
  return findNarrowed(compiled, GRANTS).flatMap(({ ways }) => ways.map((way) => way.join('+')));
}

describe('findNarrowed', () => {
  beforeEach(reset);

  const KEPT_OUT: [string, Written, Written[], string[]][] = [
    ['a role that the class does not ask for', 'staff', ['editor'], ['editor']],
    ['one of several', ['staff', 'author'], [['author', 'editor']], ['editor']],
    ['each of several', 'staff', [['author', 'editor']], ['author', 'editor']],
    ['a role that the class asks for beside another', allOf('staff', 'vetted'), ['staff'], ['staff']],
    ['roles that only together hold', 'staff', [allOf('a', anyOf('b', 'c'))], ['a+b', 'a+c']],
    ['stacked guards', 'staff', ['a', 'b'], ['a+b']],
    ['a role that the role of the class implies', 'owner', ['admin'], ['admin']],
    ['a role beside a policy', 'staff', [anyOf('editor', policy)], ['editor']],
    [
      'a role that does not grant the permission of the class',
      permission('note:read'),
      ['editor'],
      ['editor'],
    ],
  ];
  for (const [what, onClass, onMethod, expected] of KEPT_OUT) {
    it(`finds ${what}`, () => {
      expect(narrowed(onClass, ...onMethod)).to.have.members(expected);
    });
  }

  const ADMITTED: [string, Written, Written[]][] = [
    ['the same role', 'staff', ['staff']],
    ['the same role as a list', ['staff'], ['staff']],
    ['a role that implies the one of the class', 'staff', ['admin']],
    ['a role that implies it over another', 'staff', ['owner']],
    ['one of the roles of the class', ['staff', 'author'], ['author']],
    ['both roles, named on the method', 'staff', [allOf('staff', 'editor')]],
    ['both roles, stacked on the method', 'staff', ['editor', 'staff']],
    ['a class that asks for any user', undefined, ['editor']],
    ['a method that asks for any user', 'staff', [undefined]],
    ['a method without a guard', 'staff', []],
    ['a method that names no role', 'staff', [policy]],
    ['a class whose policy may hold', anyOf('staff', policy), ['editor']],
    ['a role that grants the permission of the class', permission('note:read'), ['admin']],
  ];
  for (const [what, onClass, onMethod] of ADMITTED) {
    it(`finds nothing for ${what}`, () => {
      expect(narrowed(onClass, ...onMethod)).to.deep.equal([]);
    });
  }

  it('holds an inherited method against the guards of every class on the way up, and names the one', () => {
    @Authorized('staff')
    class Base {
      @Authorized('admin')
      @Get('/')
      act() {}
    }
    @Authorized('vetted')
    @JsonController()
    class Sub extends Base {}
    const compiled = actionsOf({ controllers: [Sub] }).map((action) => compileAction(action, '', 'public'));
    const found = findNarrowed(compiled, GRANTS);
    expect(found.map(({ ways, keptOutBy }) => [ways, keptOutBy.source])).to.deep.equal([
      [[['admin']], 'class Sub'],
    ]);
  });

  it('finds nothing where @Public() opens the guards of the class', () => {
    @Authorized('staff')
    @JsonController()
    class Notes {
      @Public()
      @Get('/')
      act() {}
    }
    const compiled = actionsOf({ controllers: [Notes] }).map((action) => compileAction(action, '', 'public'));
    expect(findNarrowed(compiled, GRANTS)).to.deep.equal([]);
  });

  it('looks at a bounded number of ways in which a rule can hold', () => {
    const factors = Array.from({ length: 40 }, (_, index) => anyOf(`a${String(index)}`, `b${String(index)}`));
    const found = narrowed('staff', allOf(...factors));
    expect(found).to.have.length(256);
  });
});
