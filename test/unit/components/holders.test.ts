import { expect } from 'chai';
import { hold, release } from '../../../src/components/holders';

describe('holders', () => {
  it('count who uses a component, and say who was the last', () => {
    const [one, other] = [{}, {}];
    hold(one);
    hold(one);
    hold(other);
    expect([release(one), release(other), release(one)]).to.deep.equal([false, true, true]);
    hold(one);
    expect(release(one)).to.be.true;
  });
});
