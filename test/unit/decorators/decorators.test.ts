import { expect } from 'chai';
import { getMetadataArgsStorage } from 'routing-controllers';
import { Container, Service } from 'typedi';
import { Authentication } from '../../../src/core/authentication';
import { type Answers, bindParameters } from '../../../src/decorators/answers';
import { AuthProvider } from '../../../src/decorators/auth-provider';
import {
  CurrentAuthentication,
  currentAuthentication,
} from '../../../src/host/decorators/current-authentication';
import { isPublic, Public } from '../../../src/decorators/public';
import { Userstore } from '../../../src/decorators/userstore';
import { SecurityFaultError } from '../../../src/errors';
import { decorated } from '../../../src/components/registry';
import { reset } from '../../support/reset';

describe('@Userstore and @AuthProvider', () => {
  beforeEach(reset);

  it('register the class with its order, gettable by its own class and injected', () => {
    @Service()
    class Key {}
    @Userstore()
    class Users {
      constructor(readonly key: Key) {}
      getUser() {
        return null;
      }
    }
    @AuthProvider(7)
    class Provider {
      constructor(readonly users: Users) {}
      authenticate() {
        return null;
      }
    }
    expect(decorated('userstores')).to.deep.equal([{ cls: Users, order: 0 }]);
    expect(decorated('providers')).to.deep.equal([{ cls: Provider, order: 7 }]);
    expect(Container.get(Provider).users).to.equal(Container.get(Users));
    expect(Container.get(Users).key).to.be.instanceOf(Key);
  });
});

describe('@Public', () => {
  it('marks the very class or method that carries it', () => {
    @Public()
    class Open {
      act() {}
    }
    class Sub extends Open {
      @Public()
      other() {}
    }
    const table: [object, string | undefined, boolean][] = [
      [Open, undefined, true],
      [Open, 'act', false],
      [Sub, undefined, false],
      [Sub, 'other', true],
      [Sub, 'act', false],
      [Open, 'other', false],
      [class {}, undefined, false],
      [class {}, 'constructor', false],
    ];
    for (const [cls, method, expected] of table) expect(isPublic(cls, method)).to.equal(expected);
  });
});

describe('@CurrentAuthentication', () => {
  beforeEach(reset);

  it('is optional unless it is told', () => {
    class Notes {
      act(@CurrentAuthentication() _a: unknown, @CurrentAuthentication({ required: true }) _b: unknown) {}
    }
    const params = getMetadataArgsStorage().params.toSorted((a, b) => a.index - b.index);
    expect(params[0]?.object).to.equal(Notes.prototype);
    expect(params.map(({ required, transform }) => ({ required, transform }))).to.deep.equal([
      { required: false, transform: currentAuthentication },
      { required: true, transform: currentAuthentication },
    ]);
  });

  it('asks the instance that its parameter was bound to', async () => {
    const action = { request: {}, response: {} };
    const login = new Authentication({ username: 'ann' });
    const answers = { authentication: async () => login } as unknown as Answers;
    const plain = () => 1;
    const metadata = { params: [{ transform: currentAuthentication }, { transform: plain }, {}] };
    bindParameters(metadata.params, () => answers);
    const [param, other, none] = metadata.params as { transform?: (action: unknown) => unknown }[];
    expect(await param?.transform?.(action)).to.equal(login);
    expect([other?.transform, none?.transform]).to.deep.equal([plain, undefined]);
  });

  it('throws on a server without securest', () => {
    expect(() => currentAuthentication({ request: {}, response: {} })).to.throw(SecurityFaultError);
  });
});
