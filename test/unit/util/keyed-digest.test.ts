import { expect } from 'chai';
import { KeyedDigest } from '../../../src/util/keyed-digest';

describe('KeyedDigest', () => {
  const digest = new KeyedDigest();

  it('gives equal parts one digest', () => {
    for (const parts of [[], [''], ['a', 'b'], ['käse', '🔑'], ['\ud800']]) {
      expect(digest.of(...parts)).to.equal(digest.of(...parts));
    }
  });

  it('gives everything else another, however the parts are cut and whatever they look like', () => {
    const all: string[][] = [
      [],
      [''],
      ['', ''],
      ['ab'],
      ['a', 'b'],
      ['', 'ab'],
      ['ab', ''],
      ['1:a1:b'],
      ['a1:b'],
      ['a', '1:b'],
      ['A', 'b'],
      ['\ufffd'],
      ['\ud800'],
      ['\udc00'],
      ['\ud800\udc00'],
      ['\ud800', '\udc00'],
      ['\udc00\ud800'],
      ['e\u0301'],
      ['\u00e9'],
      ['a\0'],
      ['a\0b\0'],
      ['a\0', 'b\0'],
    ];
    expect(new Set(all.map((parts) => digest.of(...parts)))).to.have.property('size', all.length);
  });

  it('has a key of its own, so that two instances share no digest', () => {
    expect(new KeyedDigest().of('a')).not.to.equal(digest.of('a'));
  });

  it('is as long for long parts as for short ones', () => {
    expect(digest.of('x'.repeat(100_000))).to.have.lengthOf(digest.of('x').length);
  });
});
