import { expect } from 'chai';
import { Authorized } from 'routing-controllers';
import { type DefaultAccess, type Guards, guardsOf as guardsIn } from '../../../src/access/guards';
import { HostDeclarations } from '../../../src/host/access/declared';
import { describeRule } from '../../../src/rules/rules';
import { Public } from '../../../src/decorators/public';
import { ConfigurationError } from '../../../src/errors';
import { reset } from '../../support/reset';

function guardsOf(cls: object, method: string, byDefault: DefaultAccess, requiredBy?: string): Guards {
  return guardsIn(cls, method, byDefault, requiredBy, new HostDeclarations());
}

/** The levels in words, or who opened the action, or 'open' by default. */
function access(controller: object, defaultAccess: DefaultAccess = 'public'): string {
  const { levels, openedBy } = guardsOf(controller, 'act', defaultAccess);
  if (levels.length === 0) return openedBy ?? 'open';
  expect(openedBy).to.equal(undefined);
  return levels.map(({ rule, source }) => `${describeRule(rule)} (${source})`).join(' & ');
}

describe('guardsOf', () => {
  beforeEach(reset);

  class Plain {
    act() {}
  }

  it('is open by default in public apps, and guarded in others', () => {
    expect(access(Plain)).to.equal('open');
    expect(access(Plain, 'authenticated')).to.equal('any authenticated user (default)');
  });

  it('counts guards of base classes and of inherited methods', () => {
    @Authorized('base')
    class Base {
      @Authorized('method')
      act() {}
    }
    @Authorized('middle')
    class Middle extends Base {}
    class Sub extends Middle {}
    expect(access(Sub)).to.equal(
      'role middle (base class Middle) & role base (base class Base) & role method (Base.act)',
    );
    expect(access(Base)).to.equal('role base (class Base) & role method (Base.act)');
  });

  it('keeps the guard of an overridden method where the override has none', () => {
    class Base {
      @Authorized('method')
      act() {}
    }
    class Sub extends Base {
      override act() {}
    }
    expect(access(Sub)).to.equal('role method (Base.act)');
  });

  it("replaces the overridden method's guard by the override's", () => {
    class Base {
      @Authorized('base')
      act() {}
    }
    class Sub extends Base {
      @Authorized('sub')
      override act() {}
    }
    expect(access(Sub)).to.equal('role sub (Sub.act)');
  });

  it('keeps class and method as levels of their own', () => {
    @Authorized(['admin', 'staff'])
    class Notes {
      @Authorized('user')
      act() {}
    }
    expect(access(Notes)).to.equal('any of (role admin, role staff) (class Notes) & role user (Notes.act)');
  });

  it('keeps every one of stacked guards', () => {
    @Authorized('a')
    @Authorized('b')
    class Notes {
      @Authorized('c')
      @Authorized()
      act() {}
    }
    expect(access(Notes).split(' & ')).to.have.members([
      'role a (class Notes)',
      'role b (class Notes)',
      'role c (Notes.act)',
      'any authenticated user (Notes.act)',
    ]);
  });

  it('opens by @Public() on the method what its own class and those above guard', () => {
    @Authorized('top')
    class Top {}
    @Authorized('base')
    class Base extends Top {
      @Public()
      act() {}
    }
    expect(access(Base, 'authenticated')).to.equal('@Public() on Base.act');
    class Sub extends Base {}
    expect(access(Sub, 'authenticated')).to.equal('@Public() on Base.act');
  });

  it("does not open a subclass's guard by a base's @Public()", () => {
    class Base {
      @Public()
      act() {}
    }
    @Authorized('sub')
    class Sub extends Base {}
    class SubSub extends Sub {}
    expect(access(Sub)).to.equal('role sub (class Sub)');
    expect(access(SubSub)).to.equal('role sub (base class Sub)');
  });

  it('opens a class by @Public(), its inherited actions too, but not what a subclass adds', () => {
    class Base {
      act() {}
    }
    @Public()
    class Open extends Base {}
    class Sub extends Open {}
    class Override extends Open {
      override act() {}
    }
    expect(access(Open, 'authenticated')).to.equal('@Public() on class Open');
    expect(access(Sub, 'authenticated')).to.equal('@Public() on class Open');
    expect(access(Override, 'authenticated')).to.equal('any authenticated user (default)');
    expect(access(Base, 'authenticated')).to.equal('any authenticated user (default)');
  });

  it("lets a method's guard beat its class's @Public()", () => {
    @Public()
    class Open {
      @Authorized('a')
      act() {}
    }
    expect(access(Open)).to.equal('role a (Open.act)');
    @Public()
    class Sub extends Open {}
    expect(access(Sub)).to.equal('role a (Open.act)');
  });

  describe('on methods without a plain name', () => {
    const hidden = Symbol('act');
    const NAMES: [string, string | symbol | number, string][] = [
      ['an empty name', '', "['']"],
      ['a symbol', hidden, '[Symbol(act)]'],
      ['a number that is falsy', 0, '.0'],
      ['a number', 7, '.7'],
    ];

    /** Decorates a method as a compiler would: with the name as it is written. */
    function build(name: string | symbol | number, ...decorators: ReturnType<typeof Authorized>[]) {
      class Notes {}
      Object.defineProperty(Notes.prototype, name, { value() {} });
      for (const decorate of decorators) Reflect.apply(decorate, undefined, [Notes.prototype, name]);
      return Notes;
    }

    for (const [what, name, shown] of NAMES) {
      const levelsOf = (cls: object, key = name) =>
        guardsOf(cls, key as string, 'public').levels.map(
          ({ rule, source }) => `${describeRule(rule)} (${source})`,
        );

      it(`keeps a guard on ${what}, inherited too, and guards nothing else by it`, () => {
        const Notes = build(name, Authorized('a'));
        class Sub extends Notes {}
        expect(levelsOf(Notes)).to.deep.equal([`role a (Notes${shown})`]);
        expect(levelsOf(Sub)).to.deep.equal([`role a (Notes${shown})`]);
        expect(levelsOf(Notes, 'other')).to.deep.equal([]);
        expect(levelsOf(Notes, String(hidden))).to.deep.equal([]);
      });

      it(`opens ${what} by @Public(), and nothing else`, () => {
        const Notes = build(name, Public());
        const openedBy = (key: string | symbol | number) =>
          guardsOf(Notes, key as string, 'authenticated').openedBy;
        expect(openedBy(name)).to.equal(`@Public() on Notes${shown}`);
        for (const other of ['other', String(hidden), '-1']) expect(openedBy(other)).to.equal(undefined);
      });

      it(`refuses @Public() and @Authorized on ${what}`, () => {
        const Both = build(name, Public(), Authorized());
        expect(() => guardsOf(Both, name as string, 'public')).to.throw(
          ConfigurationError,
          `Notes${shown} has both @Public() and @Authorized: keep one`,
        );
      });
    }
  });

  it('keeps the guard of an accessor that gives a method', () => {
    class Notes {
      @Authorized('a')
      get act() {
        return () => ({});
      }
    }
    expect(access(Notes)).to.equal('role a (Notes.act)');
  });

  it('counts guards of a mixin, for each class that it made', () => {
    const Guarded = (Parent: new () => object, role: string) => {
      @Authorized(role)
      class Mixed extends Parent {
        @Authorized(`${role}-act`)
        act() {}
      }
      return Mixed;
    };
    class Left extends Guarded(class {}, 'left') {}
    class Right extends Guarded(Left, 'right') {}
    expect(access(Left)).to.equal('role left (base class Mixed) & role left-act (Mixed.act)');
    expect(access(Right)).to.equal(
      'role right (base class Mixed) & role left (base class Mixed) & role right-act (Mixed.act)',
    );
  });

  it('takes nothing that stands on a static method for the method of its name', () => {
    class Opened {
      @Public()
      static act() {}
      act() {}
    }
    @Authorized('a')
    class Guarded extends Opened {}
    expect(access(Opened, 'authenticated')).to.equal('any authenticated user (default)');
    expect(access(Guarded)).to.equal('role a (class Guarded)');
    class Sub {
      @Public()
      static ['']() {}
      act() {}
    }
    expect(access(Sub, 'authenticated')).to.equal('any authenticated user (default)');
  });

  it('guards where a parameter requires a user, whatever @Public() says, and only where nothing else does', () => {
    class Silent {
      act() {}
    }
    @Public()
    class OpenClass {
      act() {}
    }
    class OpenMethod {
      @Public()
      act() {}
    }
    class Guarded {
      @Authorized('a')
      act() {}
    }
    const of = (cls: object, byDefault: DefaultAccess) => {
      const { levels, openedBy } = guardsOf(cls, 'act', byDefault, 'parameter 1');
      return [openedBy, ...levels.map(({ rule, source }) => `${describeRule(rule)} (${source})`)];
    };
    for (const byDefault of ['public', 'authenticated'] as const) {
      for (const cls of [Silent, OpenClass, OpenMethod]) {
        expect(of(cls, byDefault)).to.deep.equal([undefined, 'any authenticated user (parameter 1)']);
      }
      expect(of(Guarded, byDefault)).to.deep.equal([undefined, 'role a (Guarded.act)']);
    }
  });

  it('looks at no other method and no other class', () => {
    class Other {
      @Authorized('a')
      act() {}
    }
    class Notes {
      act() {}
      @Authorized('a')
      other() {}
    }
    Other;
    expect(access(Notes)).to.equal('open');
  });

  describe('refuses', () => {
    function refusal(controller: object): string {
      try {
        guardsOf(controller, 'act', 'public');
      } catch (error) {
        expect(error).to.be.instanceOf(ConfigurationError);
        return (error as Error).message;
      }
      return expect.fail('was accepted');
    }

    it('@Public() and @Authorized on one class', () => {
      @Public()
      @Authorized()
      class Both {
        act() {}
      }
      class Sub extends Both {}
      expect(refusal(Both)).to.equal('class Both has both @Public() and @Authorized: keep one');
      expect(refusal(Sub)).to.equal('class Both has both @Public() and @Authorized: keep one');
    });

    it('@Public() and @Authorized on one method', () => {
      class Both {
        @Public()
        @Authorized()
        act() {}
      }
      expect(refusal(Both)).to.equal('Both.act has both @Public() and @Authorized: keep one');
    });

    it('@Public() on a class whose base is guarded, also from afar', () => {
      @Authorized('top')
      class Top {
        act() {}
      }
      class Middle extends Top {}
      @Public()
      class Open extends Middle {}
      expect(refusal(Open)).to.match(/^class Open has @Public\(\) but its base Top has @Authorized/);
    });

    it('malformed roles, naming the place', () => {
      class Notes {
        @Authorized(0)
        act() {}
      }
      expect(refusal(Notes)).to.match(/^@Authorized on Notes\.act: number 0 .* is not a role/);
      @Authorized([])
      class More extends Notes {}
      expect(refusal(More)).to.match(/^@Authorized on class More: an empty list/);
    });
  });
});
