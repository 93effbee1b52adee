import { expect } from 'chai';
import { isInstance } from '../../../src/util/instance';

describe('isInstance', () => {
  it('is true for an instance of any of the classes', () => {
    expect(isInstance(new RangeError(), TypeError, RangeError)).to.be.true;
    expect(isInstance(new RangeError(), Error)).to.be.true;
  });

  it('is false for other values', () => {
    for (const value of [undefined, null, 'Error', {}, Object.create(null), new Error()]) {
      expect(isInstance(value, TypeError)).to.be.false;
    }
    expect(isInstance(new Error())).to.be.false;
  });

  it('is false for a proxy that throws when looked at', () => {
    const hostile = new Proxy(new Error(), {
      getPrototypeOf() {
        throw new Error('trap');
      },
    });
    expect(isInstance(hostile, Error)).to.be.false;
  });
});
