import { expect } from 'chai';
import { freezeJson } from '../../../src/tokens/json';
import { VerifiedTokens } from '../../../src/tokens/verified-tokens';
import type { JsonValues } from '../../fixtures/heap/json-values';
import { inOwnHeap } from '../../support/own-heap';

const key = {};
const by = (only: object) => ({ accepts: (other: object) => other === only });
/** As long as an HMAC with SHA-256 in base64url. */
const signature = (index: number): string => String(index).padStart(43, 's');
const token = (index: number): string => `header.payload.${signature(index)}`;

describe('VerifiedTokens', () => {
  it('finds what was added by the whole text and the very key', () => {
    const tokens = new VerifiedTokens<string>(10);
    tokens.add(token(1), key, 'one', 100);
    expect(tokens.find(token(1), by(key))).to.equal('one');
    expect(tokens.find(token(2), by(key))).to.equal(undefined);
    expect(tokens.find(token(1), by({}))).to.equal(undefined);
  });

  it('takes a token that only ends like another for another one', () => {
    const tokens = new VerifiedTokens<string>(10);
    tokens.add(token(1), key, 'one', 100);
    for (const other of [
      signature(1),
      `.${signature(1)}`,
      `header.another.${signature(1)}`,
      `Header.payload.${signature(1)}`,
      ` ${token(1)}`,
      `${token(1)} `,
      `${token(1)}=`,
      token(1).slice(1),
      token(1).slice(0, -1),
      '',
    ]) {
      expect(tokens.find(other, by(key)), JSON.stringify(other)).to.equal(undefined);
    }
  });

  it('keeps the last of two that end alike, and counts it once', () => {
    const tokens = new VerifiedTokens<string>(10);
    const [one, other] = [`header.payload.${signature(1)}`, `header.another.${signature(1)}`];
    tokens.add(one, key, 'one', 100);
    tokens.add(other, key, 'other', 100);
    expect(tokens.find(one, by(key))).to.equal(undefined);
    expect(tokens.find(other, by(key))).to.equal('other');
    tokens.add(other, {}, 'of another key', 100);
    expect(tokens.find(other, by(key))).to.equal(undefined);
    expect([tokens.size, tokens.bytes]).to.deep.equal([1, 100 + other.length]);
  });

  it('lets the oldest go that was not used, so that tokens which come once push out only each other', () => {
    const tokens = new VerifiedTokens<number>(4);
    for (let index = 0; index < 4; index += 1) tokens.add(token(index), key, index, 1);
    for (let index = 4; index < 100; index += 1) {
      expect(tokens.find(token(1), by(key))).to.equal(1);
      tokens.add(token(index), key, index, 1);
    }
    expect(tokens.size).to.equal(4);
    expect(tokens.find(token(1), by(key))).to.equal(1);
    expect(tokens.find(token(0), by(key))).to.equal(undefined);
  });

  it('lets used ones go too where all are used', () => {
    const tokens = new VerifiedTokens<number>(3);
    for (let index = 0; index < 50; index += 1) {
      tokens.add(token(index), key, index, 1);
      for (let old = 0; old <= index; old += 1) tokens.find(token(old), by(key));
      expect(tokens.find(token(index), by(key))).to.equal(index);
    }
    expect(tokens.size).to.equal(3);
  });

  it('stays within its entries and bytes for a hundred thousand tokens of every size', () => {
    const tokens = new VerifiedTokens<number>(100);
    const max = 100 * 4096;
    let fullest = 0;
    let heaviest = 0;
    // A thousand times its entries, five times each size, and a hundred times the greatest.
    for (let index = 0; index < 100_000; index += 1) {
      tokens.add(token(index), key, index, index % 1000 === 0 ? max - 60 : index % 20_000);
      if (index % 3 === 0) tokens.find(token(index), by(key));
      fullest = Math.max(fullest, tokens.size);
      heaviest = Math.max(heaviest, tokens.bytes);
    }
    expect(fullest).to.be.within(50, 100);
    expect(heaviest).to.be.within(max - 60, max);
  });

  it('does not keep what is larger than all may be, nor anything where none is wanted', () => {
    const tokens = new VerifiedTokens<number>(1);
    tokens.add(token(1), key, 1, 4096);
    expect([tokens.size, tokens.bytes]).to.deep.equal([0, 0]);
    const none = new VerifiedTokens<number>(0);
    none.add(token(1), key, 1, 0);
    expect(none.find(token(1), by(key))).to.equal(undefined);
    const one = new VerifiedTokens<number>(1);
    for (const index of [1, 2]) one.add(token(index), key, index, 1);
    expect([one.find(token(1), by(key)), one.find(token(2), by(key))]).to.deep.equal([undefined, 2]);
  });

  it('keeps nothing of the header that a token came in', async function () {
    this.timeout(60_000);
    const { bytes, size } = await inOwnHeap<{ bytes: number; size: number }>('kept-headers');
    expect(size).to.equal(1000);
    // The headers take 16 MB.
    expect(bytes).to.be.below(2_000_000);
  });
});

describe('freezeJson', () => {
  it('freezes everything inside', () => {
    const value = JSON.parse('{"a":[{"b":[[]]}],"__proto__":{"c":{}}}') as Record<string, unknown>;
    freezeJson(value);
    const frozen = (part: unknown): boolean =>
      typeof part !== 'object' ||
      part === null ||
      (Object.isFrozen(part) && Object.values(part).every((inner) => frozen(inner)));
    expect(frozen(value)).to.equal(true);
  });

  it('goes as deep as a token can', () => {
    expect(freezeJson(JSON.parse('['.repeat(4000) + ']'.repeat(4000)))).to.be.above(4000);
  });

  it('states at least the bytes that values take which need much memory for their length', async function () {
    this.timeout(60_000);
    const measured = await inOwnHeap<JsonValues[]>('json-values');
    expect(measured).to.have.length(9);
    for (const { kind, taken, stated } of measured) {
      expect(taken, kind).to.be.above(1_000_000);
      expect(taken, kind).to.be.below(stated);
    }
  });
});
