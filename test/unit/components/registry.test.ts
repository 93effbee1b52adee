import { expect } from 'chai';
import { Container, Service } from 'typedi';
import {
  decorated,
  register,
  resetRegistry,
  setStepInProvider,
  stepInProvider,
} from '../../../src/components/registry';
import { registerService } from '../../../src/components/typedi';
import { reset } from '../../support/reset';

class Users {
  getUser() {
    return null;
  }
}
class MoreUsers extends Users {}
class Provider {
  authenticate() {
    return null;
  }
}

describe('The registry', () => {
  beforeEach(reset);

  it('keeps the order of decoration for equal orders', () => {
    register('userstores', MoreUsers, 1);
    register('userstores', Users, 1);
    expect(decorated('userstores').map(({ cls }) => cls)).to.deep.equal([MoreUsers, Users]);
  });

  it('hands out copies of its lists', () => {
    register('providers', Provider, 1);
    decorated('providers').length = 0;
    expect(decorated('providers')).to.have.length(1);
  });

  it('makes classes singletons of the container, also under a token of their own', () => {
    register('userstores', Users, 0);
    expect(Container.get(Users)).to.equal(Container.get(Users));
    @Service({ id: 'stores', multiple: true })
    class Tokened extends Users {}
    register('userstores', Tokened, 0);
    expect(Container.get(Tokened)).to.be.instanceOf(Tokened);
  });

  it('replaces nothing that the container has', () => {
    const fake = new MoreUsers();
    Container.set(Users, fake);
    registerService(Users);
    expect(Container.get(Users)).to.equal(fake);
  });

  it('creates nothing when a class is registered', () => {
    class Unborn extends Provider {
      constructor() {
        super();
        expect.fail('was created');
      }
    }
    register('providers', Unborn, 1);
  });

  it('outlives Container.reset(), and is emptied by its own', () => {
    register('userstores', Users, 0);
    register('providers', Provider, 1);
    setStepInProvider(new Provider());
    Container.reset();
    expect([decorated('userstores').length, decorated('providers').length]).to.deep.equal([1, 1]);
    resetRegistry();
    expect([decorated('userstores').length, decorated('providers').length]).to.deep.equal([0, 0]);
    expect(stepInProvider()).to.equal(undefined);
  });
});
