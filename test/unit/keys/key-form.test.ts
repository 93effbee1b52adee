import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { expect } from 'chai';
import { randomBase62, toBase62 } from '../../../src/keys/base62';
import { crc32 } from '../../../src/keys/crc32';
import {
  digestOf,
  hasKeyPrefix,
  hintOf,
  isKeyId,
  isKeyPrefix,
  newKey,
  readKey,
} from '../../../src/keys/key-form';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('crc32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32('123456789')).to.equal(0xcbf43926);
    expect(crc32('')).to.equal(0);
    expect(crc32('The quick brown fox jumps over the lazy dog')).to.equal(0x414fa339);
  });

  it('gives what gzip writes', () => {
    for (let length = 0; length < 80; length += 1) {
      const text = randomBase62(length) + (length % 3 === 0 ? 'ü€' : '');
      const zipped = zlib.gzipSync(text);
      expect(crc32(text)).to.equal(zipped.readUInt32LE(zipped.length - 8));
    }
  });
});

describe('Base62', () => {
  it('writes numbers with zeros in front', () => {
    expect(toBase62(0, 6)).to.equal('000000');
    expect(toBase62(61, 6)).to.equal('00000z');
    expect(toBase62(62, 6)).to.equal('000010');
    expect(toBase62(0xffffffff, 6)).to.equal('4gfFC3');
  });

  it('takes each digit equally often', () => {
    const counts = new Map<string, number>();
    for (const digit of randomBase62(62 * 2000)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect([...counts.keys()].toSorted().join('')).to.equal([...DIGITS].toSorted().join(''));
    // More than ten standard deviations off: as good as never, where digits are equally likely.
    for (const count of counts.values()) expect(count).to.be.within(1550, 2450);
  });
});

describe('The form of keys', () => {
  it('has the prefix, 16 digits, 43 digits and a checksum of 6', () => {
    const { text, id, secret } = newKey('notes');
    expect(text)
      .to.match(/^notes_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/)
      .and.have.length(72);
    expect(text.startsWith(`notes_${id}_${secret}`)).to.be.true;
    expect(text.slice(-6)).to.equal(toBase62(crc32(text.slice(0, -6)), 6));
    expect(hintOf('notes', { id, text })).to.equal(`notes_${id.slice(0, 4)}…${text.slice(-4)}`);
  });

  it('is read back, whatever was drawn', () => {
    for (let count = 0; count < 500; count += 1) {
      const prefix = `a${randomBase62(1 + (count % 15)).toLowerCase()}`;
      const { text, id, secret } = newKey(prefix);
      expect(readKey(prefix, text)).to.deep.equal({ id, secret });
      expect(hasKeyPrefix(prefix, text)).to.be.true;
    }
  });

  it('tells one wrong, missing, added or swapped character anywhere', () => {
    const { text } = newKey('notes');
    const wrong: string[] = [text.slice(1), `${text}0`, ` ${text}`, `${text} `, `${text}\n`, '', 'notes_'];
    for (let at = 0; at < text.length; at += 1) {
      const before = text.slice(0, at);
      const [here, next] = [text.charAt(at), text.charAt(at + 1)];
      for (const other of ['0', 'z', '_', '-', 'é', ' ']) {
        if (other !== here) wrong.push(before + other + text.slice(at + 1));
      }
      wrong.push(before + text.slice(at + 1), before + here + text.slice(at));
      if (here !== next && next !== '') wrong.push(before + next + here + text.slice(at + 2));
      const turned = here === here.toUpperCase() ? here.toLowerCase() : here.toUpperCase();
      if (turned !== here) wrong.push(before + turned + text.slice(at + 1));
    }
    for (const one of wrong) {
      if (one !== text) expect(readKey('notes', one), one).to.equal(undefined);
    }
  });

  it('is of one prefix alone', () => {
    const { text } = newKey('notes');
    for (const prefix of ['note', 'notes1', 'Notes', 'no']) {
      expect(readKey(prefix, text)).to.equal(undefined);
      expect(hasKeyPrefix(prefix, text)).to.be.false;
    }
  });

  it('takes 2 to 16 letters and digits as a prefix, a letter first', () => {
    for (const good of ['ab', 'a1', 'notes', 'a234567890123456']) expect(isKeyPrefix(good), good).to.be.true;
    const bad = [
      '',
      'a',
      '1a',
      'A1',
      'no_tes',
      'no-tes',
      'a2345678901234567',
      'nötes',
      'notes\n',
      undefined,
      7,
      ['ab'],
    ];
    for (const one of bad) expect(isKeyPrefix(one), String(one)).to.be.false;
    for (const one of ['', 'a'.repeat(15), 'a'.repeat(17), `${'a'.repeat(15)}_`, undefined]) {
      expect(isKeyId(one), String(one)).to.be.false;
    }
  });

  it('stores the SHA-256 of the secret', () => {
    const { secret } = newKey('notes');
    expect(digestOf(secret)).to.equal(createHash('sha256').update(secret).digest('hex'));
  });
});
