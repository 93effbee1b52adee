import { expect } from 'chai';
import { Challenges } from '../../../src/passkeys/challenges';

const keys = (...bytes: number[]) => bytes.map((byte) => Buffer.alloc(32, byte));

describe('Challenges', () => {
  let now: number;
  beforeEach(() => {
    now = 1_800_000_000_000;
  });
  const challenges = (list = keys(1), seconds = 300) => new Challenges(list, seconds, () => now);

  it('open for their purpose and user, until they are too old', () => {
    const text = challenges().issue('factor', 'ann');
    expect(text).to.match(/^[\w-]{75}$/);
    const open = challenges().open(text, 'factor', 'ann');
    expect(open?.until).to.be.greaterThan(now + 300_000);
    for (const [purpose, owner] of [
      ['login', 'ann'],
      ['add', 'ann'],
      ['factor', 'ben'],
      ['factor', ''],
      ['factor', 'ann"'],
    ] as const) {
      expect(challenges().open(text, purpose, owner), `${purpose} ${owner}`).to.equal(undefined);
    }
    now += 299_999;
    expect(challenges().open(text, 'factor', 'ann')).to.deep.equal(open);
    now += 1;
    expect(challenges().open(text, 'factor', 'ann')).to.equal(undefined);
  });

  it('come from no clock that is far ahead, and outlive none that is broken', () => {
    const text = challenges().issue('login', '');
    now -= 30_000;
    expect(challenges().open(text, 'login', '')).not.to.equal(undefined);
    now -= 1;
    expect(challenges().open(text, 'login', '')).to.equal(undefined);
    now = NaN;
    expect(challenges().open(text, 'login', '')).to.equal(undefined);
  });

  it('do not open where a character is another, and are written in one way', () => {
    const text = challenges().issue('login', '');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let index = 0; index < text.length; index += 1) {
      for (const other of alphabet) {
        if (other === text[index]) continue;
        const changed = text.slice(0, index) + other + text.slice(index + 1);
        expect(challenges().open(changed, 'login', ''), String(index)).to.equal(undefined);
      }
    }
    for (const other of [
      '',
      text.slice(1),
      `${text}A`,
      `${text}=`,
      ` ${text}`,
      text.repeat(2),
      'é'.repeat(75),
    ]) {
      expect(challenges().open(other, 'login', '')).to.equal(undefined);
    }
  });

  it('are signed by the first secret, and opened by all', () => {
    const old = challenges(keys(1)).issue('login', '');
    const both = challenges(keys(2, 1));
    expect(both.open(old, 'login', '')).not.to.equal(undefined);
    const next = both.issue('login', '');
    expect(challenges(keys(2)).open(next, 'login', '')).not.to.equal(undefined);
    expect(challenges(keys(1)).open(next, 'login', '')).to.equal(undefined);
    expect(challenges(keys(2)).open(old, 'login', '')).to.equal(undefined);
  });

  it('never come twice', () => {
    const own = challenges();
    expect(new Set(Array.from({ length: 1000 }, () => own.issue('login', ''))).size).to.equal(1000);
  });
});
