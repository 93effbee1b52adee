import { expect } from 'chai';
import { Container, Service } from 'typedi';
import { ConfigurationError } from '../../../src/errors';
import type { ContainerLike } from '../../../src/components/constructor';
import { resolve, resolveAtStart } from '../../../src/components/resolve';
import { reset } from '../../support/reset';

class Users {
  getUser() {
    return null;
  }
}

describe('resolve', () => {
  beforeEach(reset);

  it('gives one instance of a class that is no service yet', () => {
    expect(resolve(Container, Users)).to.be.instanceOf(Users).and.equal(resolve(Container, Users));
  });

  it('finds the class again after the container was reset', () => {
    const before = resolve(Container, Users);
    Container.of('default').reset({ strategy: 'resetServices' });
    expect(resolve(Container, Users)).to.be.instanceOf(Users).and.not.equal(before);
  });

  it('honours what the app put into the container', () => {
    const fake = new Users();
    Container.set(Users, fake);
    expect(resolve(Container, Users)).to.equal(fake);
  });

  it('injects constructors', () => {
    @Service()
    class Key {
      readonly value = 7;
    }
    @Service()
    class Keyed {
      constructor(readonly key: Key) {}
    }
    expect(resolve(Container, Keyed).key.value).to.equal(7);
  });

  it("asks an app's own container, and leaves TypeDI's alone", () => {
    class Own {}
    const own = new Own();
    const container: ContainerLike = { get: () => own as never };
    expect(resolve(container, Own)).to.equal(own);
    expect(Container.has(Own)).to.be.false;
  });

  it("resolves from another of TypeDI's containers", () => {
    class Scoped {}
    expect(resolve(Container.of('unit-test'), Scoped)).to.be.instanceOf(Scoped);
    Container.reset('unit-test');
  });
});

describe('resolveAtStart', () => {
  beforeEach(reset);

  function start(instance: unknown): unknown {
    const get = () => (typeof instance === 'function' ? (instance as () => never)() : (instance as never));
    const container: ContainerLike = { get };
    return resolveAtStart(container, Users, 'getUser', '@Userstore');
  }

  it('gives the instance', () => {
    const users = new Users();
    expect(start(users)).to.equal(users);
  });

  const refused: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a string', 'users'],
    ['a promise of an instance', Promise.resolve(new Users())],
    ['an object whose method is none', { getUser: true }],
  ];
  for (const [what, instance] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => start(instance)).to.throw(ConfigurationError, '@Userstore Users has no method getUser()');
    });
  }

  it('refuses a class whose constructor throws, with the cause', () => {
    for (const cause of [new Error('no file'), 'no file']) {
      const failing = () => {
        throw cause;
      };
      expect(() => start(failing))
        .to.throw(ConfigurationError, '@Userstore Users cannot be created: no file')
        .with.property('cause', cause);
    }
  });
});
