import { expect } from 'chai';
import { ShardedMap } from '../../../src/state/sharded-map';

describe('ShardedMap', () => {
  it('is as one map, whatever the keys end with', () => {
    const [map, plain] = [new ShardedMap<number>(), new Map<string, number>()];
    const keys = ['', 'a', 'aa', 'é', '\u{1f600}', ...Array.from({ length: 5000 }, (_, index) => `ses:${String(index)}`)]; // prettier-ignore
    for (const [index, key] of [...keys, ...keys.slice(0, 100)].entries()) {
      map.set(key, index);
      plain.set(key, index);
    }
    for (const key of keys.filter((_, index) => index % 3 === 0)) {
      expect(map.delete(key)).to.equal(plain.delete(key));
      expect(map.delete(key)).to.equal(false);
    }
    for (const key of [...keys, 'none']) expect(map.get(key), key).to.equal(plain.get(key));
    expect([map.size, plain.size]).to.deep.equal([plain.size, 3336]);
  });
});
