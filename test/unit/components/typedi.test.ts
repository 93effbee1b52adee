import { expect } from 'chai';
import { BareContainer } from '../../../src/components/typedi';
import { ConfigurationError } from '../../../src/errors';

class Base {
  constructor(readonly name: string) {}
}

describe('BareContainer', () => {
  it('keeps one instance of a class', () => {
    class Users {}
    const container = new BareContainer();
    expect(container.get(Users)).to.be.instanceOf(Users).and.equal(container.get(Users));
    expect(new BareContainer().get(Users)).not.to.equal(container.get(Users));
  });

  it('creates a class whose own constructor asks for nothing, whatever its base asks for', () => {
    class Named extends Base {
      constructor() {
        super('ann');
      }
    }
    class Optional {
      constructor(readonly name = 'bob') {}
    }
    const container = new BareContainer();
    expect(container.get(Named).name).to.equal('ann');
    expect(container.get(Optional).name).to.equal('bob');
  });

  it('refuses a class that asks for something, also by an inherited constructor', () => {
    class Inherits extends Base {}
    class InheritsTwice extends Inherits {}
    for (const cls of [Base, Inherits, InheritsTwice]) {
      expect(() => new BareContainer().get(cls))
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.includes(`${cls.name} has constructor parameters`)
        .and.includes('npm install typedi');
    }
  });

  it('takes a call of another constructor for none of the class itself', () => {
    class Cloning extends Base {
      clone(): unknown {
        return this.constructor(this.name) as unknown;
      }
    }
    expect(() => new BareContainer().get(Cloning)).to.throw(ConfigurationError, 'constructor parameters');
  });

  it('creates a class again whose constructor has thrown', () => {
    let isDown = true;
    class Users {
      constructor() {
        if (isDown) throw new Error('down');
      }
    }
    const container = new BareContainer();
    expect(() => container.get(Users)).to.throw('down');
    isDown = false;
    expect(container.get(Users)).to.be.instanceOf(Users);
  });
});
