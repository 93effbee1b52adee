import { expect } from 'chai';
import { KnownRecords } from '../../../src/sessions/known-records';

describe('KnownRecords', () => {
  let reads = 0;
  const read = (text: unknown): { readonly list: readonly number[] } => {
    reads += 1;
    if (text === 'broken') throw new TypeError('broken');
    return { list: [String(text).length] };
  };
  beforeEach(() => {
    reads = 0;
  });

  it('reads a text once, and another of the same id anew', () => {
    const known = new KnownRecords<ReturnType<typeof read>>(2);
    const first = known.of('a', 'one', read);
    expect(known.of('a', ['o', 'n', 'e'].join(''), read)).to.equal(first);
    expect([reads, known.of('a', 'three', read).list, reads]).to.deep.equal([1, [5], 2]);
    expect(known.of('a', 'one', read)).not.to.equal(first);
    expect(known.size).to.equal(1);
  });

  it('keeps what nobody can change', () => {
    const known = new KnownRecords<{ list: number[] }>(2);
    const record = known.of('a', 'one', () => ({ list: [1] }));
    expect(() => record.list.push(2)).to.throw(TypeError);
    expect(() => (record.list = [])).to.throw(TypeError);
  });

  it('keeps nothing of what cannot be read, and no longer what was there before', () => {
    const known = new KnownRecords<ReturnType<typeof read>>(2);
    known.of('a', 'one', read);
    expect(() => known.of('a', 'broken', read)).to.throw('broken');
    expect(() => known.of('a', 'broken', read)).to.throw('broken');
    expect(known.of('b', 7, read).list).to.deep.equal([1]);
    expect(known.of('b', 7, read).list).to.deep.equal([1]);
    expect(reads).to.equal(5);
  });

  it('is bounded: the oldest goes, and what is large does not come in', () => {
    const known = new KnownRecords<ReturnType<typeof read>>(2);
    for (const id of ['a', 'b', 'c', 'd']) known.of(id, id, read);
    expect(known.size).to.equal(2);
    known.of('d', 'd', read);
    known.of('c', 'c', read);
    expect(reads).to.equal(4);
    known.of('a', 'a', read);
    expect([reads, known.size]).to.deep.equal([5, 2]);
    const large = 'x'.repeat(4097);
    known.of('e', large, read);
    known.of('e', large, read);
    expect([reads, known.size]).to.deep.equal([7, 2]);
  });
});
