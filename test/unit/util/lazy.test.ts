import { expect } from 'chai';
import { lazy } from '../../../src/util/lazy';

describe('lazy', () => {
  it('loads nothing until it is asked, and then once, whatever it gets', () => {
    for (const value of [{}, undefined, null, 0]) {
      let loads = 0;
      const get = lazy(() => {
        loads += 1;
        return value;
      });
      expect(loads).to.equal(0);
      expect([get(), get()]).to.deep.equal([value, value]);
      expect(loads).to.equal(1);
    }
  });

  it('tries again after it failed', () => {
    let loads = 0;
    const get = lazy(() => {
      loads += 1;
      if (loads === 1) throw new Error('no file');
      return loads;
    });
    expect(get).to.throw('no file');
    expect(get()).to.equal(2);
  });
});
