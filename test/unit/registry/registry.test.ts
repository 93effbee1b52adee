import { expect } from 'chai';
import { Container, Service } from 'typedi';
import {
  decoratedProviders,
  decoratedUserstores,
  registerProvider,
  registerService,
  registerUserstore,
  resetRegistry,
  setStepInProvider,
  stepInProvider,
} from '../../../src/registry/registry';
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
    registerUserstore(MoreUsers, 1);
    registerUserstore(Users, 1);
    expect(decoratedUserstores().map(({ cls }) => cls)).to.deep.equal([MoreUsers, Users]);
  });

  it('hands out copies of its lists', () => {
    registerProvider(Provider, 1);
    decoratedProviders().length = 0;
    expect(decoratedProviders()).to.have.length(1);
  });

  it('makes classes singletons of the container, also under a token of their own', () => {
    registerUserstore(Users, 0);
    expect(Container.get(Users)).to.equal(Container.get(Users));
    @Service({ id: 'stores', multiple: true })
    class Tokened extends Users {}
    registerUserstore(Tokened, 0);
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
    registerProvider(Unborn, 1);
  });

  it('outlives Container.reset(), and is emptied by its own', () => {
    registerUserstore(Users, 0);
    registerProvider(Provider, 1);
    setStepInProvider(new Provider());
    Container.reset();
    expect([decoratedUserstores().length, decoratedProviders().length]).to.deep.equal([1, 1]);
    resetRegistry();
    expect([decoratedUserstores().length, decoratedProviders().length]).to.deep.equal([0, 0]);
    expect(stepInProvider()).to.equal(undefined);
  });
});
