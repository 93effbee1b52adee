import { expect } from 'chai';
import { Container, Service } from 'typedi';
import type { AuthProviderInterface } from '../../../src/core/auth-provider';
import { AuthProvider } from '../../../src/decorators/auth-provider';
import { Userstore } from '../../../src/decorators/userstore';
import { ConfigurationError } from '../../../src/errors';
import { type ComponentOptions, findComponents } from '../../../src/components/components';
import type { Constructor } from '../../../src/components/constructor';
import { reset } from '../../support/reset';

class Users {
  getUser() {
    return null;
  }
}
class Others extends Users {}
class First {
  authenticate() {
    return null;
  }
}
class Second extends First {}
class Third extends First {}

function find(options: Partial<ComponentOptions> = {}) {
  const { userstores, providers } = findComponents({
    container: Container,
    onUse: () => undefined,
    ...options,
  });
  return [userstores.map(({ name }) => name), providers.map(({ name }) => name)];
}

function refusal(options: Partial<ComponentOptions> = {}): string {
  try {
    find(options);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return expect.fail('was accepted');
}

describe('findComponents', () => {
  beforeEach(reset);

  it('finds decorated classes in their order', () => {
    AuthProvider(30)(Third);
    AuthProvider(-1)(First);
    AuthProvider(2.5)(Second);
    Userstore(2)(Users);
    Userstore()(Others);
    expect(find()).to.deep.equal([
      ['Others', 'Users'],
      ['First', 'Second', 'Third'],
    ]);
  });

  it("uses an instance's own lists in place of the decorated classes, in their order", () => {
    AuthProvider(1)(First);
    AuthProvider(1)(Second);
    Userstore()(Users);
    expect(find({ userstores: [Others], providers: [Third, First] })).to.deep.equal([
      ['Others'],
      ['Third', 'First'],
    ]);
    expect(find({ userstores: [], providers: [] })).to.deep.equal([[], []]);
  });

  it('knows a component by its own name where it has one', () => {
    class Named extends First {
      readonly name = 'api-key';
    }
    class Unnamed extends First {
      readonly name = '';
    }
    expect(find({ providers: [Named, Unnamed] })[1]).to.deep.equal(['api-key', 'Unnamed']);
  });

  it('resolves instances anew, so that a replaced one counts at once', () => {
    const used = new Set<object>();
    const { userstores } = findComponents({
      container: Container,
      userstores: [Users],
      onUse: (instance) => used.add(instance),
    });
    const first = userstores[0]?.get();
    expect(userstores[0]?.get()).to.equal(first);
    const fake = new Others();
    Container.set(Users, fake);
    expect(userstores[0]?.get()).to.equal(fake);
    expect([...used]).to.deep.equal([first, fake]);
  });

  describe('refuses', () => {
    it('two providers with one order', () => {
      AuthProvider(3)(First);
      AuthProvider(1)(Second);
      AuthProvider(3)(Third);
      expect(refusal()).to.equal(
        'First and Third both have @AuthProvider(3): give each provider an order of its own',
      );
    });

    it('two providers with one name', () => {
      class Again extends First {
        readonly name = 'First';
      }
      expect(refusal({ providers: [First, Again] })).to.contain('Two providers are named First');
    });

    it('two userstores with one name, and a name that events could not keep apart', () => {
      class Again extends Users {
        readonly name: string = 'Users';
      }
      class Odd extends Users {
        readonly name = 'sql:users';
      }
      expect(refusal({ userstores: [Users, Again] })).to.contain('Two userstores are named Users');
      expect(refusal({ userstores: [Odd] })).to.contain('must have no colon: sql:users');
      const nameless = [class extends Users {}, class extends Users {}];
      expect(nameless.map(({ name }) => name)).to.deep.equal(['', '']);
      expect(find({ userstores: nameless })[0]).to.deep.equal(['userstore1', 'userstore2']);
    });

    for (const order of [NaN, Infinity, undefined, null, '1']) {
      it(`an order of ${String(order)} (${typeof order})`, () => {
        AuthProvider(order as number)(First);
        expect(refusal()).to.equal(`@AuthProvider(${String(order)}) on First: the order must be a number`);
      });
    }

    it('an order of a userstore that is no number', () => {
      Userstore('first' as never)(Users);
      expect(refusal()).to.equal('@Userstore(first) on Users: the order must be a number');
    });

    for (const credential of ['', 'two words', 'a:b', 5, null, {}]) {
      const isDefault = credential === null;
      it(
        isDefault ? 'no credential, for it is a default' : `a credential ${JSON.stringify(credential)}`,
        () => {
          class Odd extends First {
            readonly credential = credential;
          }
          const providers = [Odd as never];
          if (isDefault) expect(find({ providers })[1]).to.deep.equal(['Odd']);
          else expect(refusal({ providers })).to.match(/Odd: `credential`/);
        },
      );
    }

    it('a class that the container creates anew each time', () => {
      @Service({ transient: true })
      class Transient extends Users {}
      expect(refusal({ userstores: [Transient] })).to.match(/Transient is created anew/);
      const container = { get: <T>(cls: Constructor<T>): T => new cls() };
      expect(refusal({ container, providers: [First] })).to.match(/First is created anew/);
    });

    it('a class without the method', () => {
      class Empty {}
      class NoFunction {
        readonly authenticate = true;
      }
      expect(refusal({ userstores: [Empty as never] })).to.match(
        /^@Userstore Empty has no method getUser\(\)/,
      );
      expect(refusal({ providers: [NoFunction as never] })).to.match(
        /^@AuthProvider NoFunction has no method authenticate\(\)/,
      );
    });

    it('a class that cannot be created', () => {
      class Broken extends First {
        constructor() {
          super();
          throw new Error('no key');
        }
      }
      expect(refusal({ providers: [Broken] })).to.equal('@AuthProvider Broken cannot be created: no key');
    });

    it('a provider that needs a store where the app has no store', () => {
      class Needy implements AuthProviderInterface {
        authenticate(_request: unknown, _userstore: unknown) {
          return null;
        }
      }
      expect(refusal({ providers: [First, Needy] })).to.match(/^Needy needs a userstore and there is none/);
      expect(find({ providers: [Needy], userstores: [Users] })).to.deep.equal([['Users'], ['Needy']]);
    });
  });
});
