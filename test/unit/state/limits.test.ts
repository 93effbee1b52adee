import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { checkEntry, checkKey, checkOwner, checkRevocations, isRevocation } from '../../../src/state/limits';

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const KEY_ICON = '\u{1f511}';

const shown = (value: unknown): string => {
  const text =
    typeof value === 'symbol'
      ? String(value)
      : ((JSON.stringify(value) as string | undefined) ?? 'undefined');
  return text.length > 40 ? `${text.slice(0, 40)}… (${String(text.length)})` : text;
};

describe('checkKey', () => {
  for (const key of [
    'a',
    'rt:0123456789ab',
    'x'.repeat(128),
    `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`,
    '__proto__',
  ]) {
    it(`takes ${shown(key)}`, () => {
      expect(() => {
        checkKey(key);
      }).not.to.throw();
    });
  }

  for (const key of [
    '',
    'x'.repeat(129),
    'a b',
    ' a',
    'a ',
    'a\n',
    'a\0',
    'a\u007f',
    'a\u00e9',
    KEY_ICON,
    undefined,
    null,
    1,
    ['a'],
    { toString: () => 'a' },
    Symbol('a'),
    Object('a'),
  ]) {
    it(`refuses ${shown(key)}`, () => {
      expect(() => {
        checkKey(key);
      }).to.throw(TypeError, 'A key must be');
    });
  }
});

describe('checkOwner', () => {
  for (const owner of [
    'Ann',
    ' ann ',
    'o'.repeat(512),
    KEY_ICON.repeat(128),
    '\u00eb'.repeat(256),
    'a\nb',
    '__proto__',
  ]) {
    it(`takes ${shown(owner)}`, () => {
      expect(() => {
        checkOwner(owner);
      }).not.to.throw();
    });
  }

  for (const owner of [
    '',
    'o'.repeat(513),
    `${KEY_ICON.repeat(128)}o`,
    '\u00eb'.repeat(257),
    '\u0800'.repeat(171),
    'a\0b',
    '\ud83d',
    'a\udd11',
    undefined,
    null,
    7,
    ['Ann'],
    Object('Ann'),
  ]) {
    it(`refuses ${shown(owner)}`, () => {
      expect(() => {
        checkOwner(owner);
      }).to.throw(TypeError, 'An owner must be');
    });
  }
});

describe('checkEntry', () => {
  type Given = [
    key: unknown,
    value: unknown,
    previous: unknown,
    expiresAt: unknown,
    owner: unknown,
    now: number,
  ];
  const END = new Date(NOW + DAY_MS);
  const given = (
    change: Partial<Record<'key' | 'value' | 'previous' | 'end' | 'owner' | 'now', unknown>>,
  ): Given => [
    'key' in change ? change.key : 'rt:1',
    'value' in change ? change.value : '{"v":1}',
    'previous' in change ? change.previous : undefined,
    'end' in change ? change.end : END,
    'owner' in change ? change.owner : 'Ann',
    'now' in change ? (change.now as number) : NOW,
  ];
  const taken: Record<string, Given> = {
    'a new entry': given({}),
    'an entry without an owner': given({ owner: undefined }),
    'a swap': given({ previous: '{"v":1,"n":1}' }),
    'a value that differs in a space': given({ previous: '{"v":1} ' }),
    'a value of 64 KiB': given({ value: 'x'.repeat(65_536) }),
    'a value of 64 KiB in characters of four bytes': given({ value: KEY_ICON.repeat(16_384) }),
    'a value of 64 KiB in characters of three bytes': given({ value: `${'\u20ac'.repeat(21_845)}x` }),
    'an end in 400 days': given({ end: new Date(NOW + 400 * DAY_MS) }),
    'an end in 400 days by a clock that is ahead': given({ end: new Date(NOW + 400 * DAY_MS + 300_000) }),
    'an end in the past': given({ end: new Date(0) }),
    'an end before the epoch': given({ end: new Date(-1) }),
    'a Date of another realm': given({ end: runInNewContext(`new Date(${String(NOW + 1)})`) }),
  };
  for (const [what, parameters] of Object.entries(taken)) {
    it(`takes ${what}`, () => {
      expect(() => {
        checkEntry(...parameters);
      }).not.to.throw();
    });
  }

  const refused: Record<string, Given> = {
    'no key': given({ key: undefined }),
    'a key with a space': given({ key: 'rt 1' }),
    'no value': given({ value: undefined }),
    'an empty value': given({ value: '' }),
    'an object as value': given({ value: { v: 1 } }),
    'bytes as value': given({ value: Buffer.from('{"v":1}') }),
    'a value of more than 64 KiB': given({ value: 'x'.repeat(65_537) }),
    'a value of more than 64 KiB in characters of four bytes': given({
      value: `${KEY_ICON.repeat(16_384)}x`,
    }),
    'a value of more than 64 KiB in characters of three bytes': given({
      value: `${'\u20ac'.repeat(21_845)}xx`,
    }),
    'a value with NUL': given({ value: '{"v":"\0"}' }),
    'a value with half a character': given({ value: '{"v":"\ud83d"}' }),
    'null as previous': given({ previous: null }),
    'an empty previous': given({ previous: '' }),
    'true as previous': given({ previous: true }),
    'a value that does not change': given({ previous: '{"v":1}' }),
    'no end': given({ end: undefined }),
    'null as end': given({ end: null }),
    'a number as end': given({ end: NOW + 1000 }),
    'a text as end': given({ end: END.toISOString() }),
    'an end without a time': given({ end: new Date(NaN) }),
    'an object that looks like a Date': given({ end: { getTime: () => NOW + 1000 } }),
    'an end in 401 days': given({ end: new Date(NOW + 401 * DAY_MS) }),
    'a clock without a time': given({ now: NaN }),
    'null as owner': given({ owner: null }),
    'an empty owner': given({ owner: '' }),
    'a long owner': given({ owner: 'o'.repeat(513) }),
    'a user as owner': given({ owner: { username: 'Ann' } }),
  };
  for (const [what, parameters] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => {
        checkEntry(...parameters);
      }).to.throw(TypeError);
    });
  }

  it('quotes nothing of what it refuses', () => {
    for (const parameters of [
      given({ key: 'secret key' }),
      given({ value: 'secret\0' }),
      given({ value: 'secret', previous: 'secret' }),
      given({ previous: 'secret\0' }),
      given({ owner: 'secret\0' }),
    ]) {
      expect(() => {
        checkEntry(...parameters);
      }).to.throw(TypeError, /^(?!.*secret)/);
    }
  });
});

describe('isRevocation', () => {
  const token = { id: '0123456789abcdef', until: NOW };
  const user = { id: 'main:ann', until: NOW, before: NOW };
  for (const entry of [
    token,
    { ...token, before: undefined },
    { ...token, more: 1 },
    user,
    { ...user, before: 0 },
    { ...user, id: ':ann' },
    { ...user, id: ': ' },
    { ...user, id: `:${KEY_ICON.repeat(128)}` },
    { ...user, id: 'main:a:b' },
  ]) {
    it(`takes ${shown(entry)}`, () => {
      expect(isRevocation(entry)).to.equal(true);
    });
  }

  for (const entry of [
    undefined,
    null,
    'id',
    [],
    {},
    { id: token.id },
    { ...token, id: '0123456789ABCDEF' },
    { ...token, id: '0123456789abcde' },
    { ...token, id: '0123456789abcdef0' },
    { ...token, id: '0123456789abcdef\n' },
    { ...token, id: ':ann' },
    { ...token, id: [token.id] },
    { ...token, until: NaN },
    { ...token, until: Infinity },
    { ...token, until: -1 },
    { ...token, until: 1.5 },
    { ...token, until: String(NOW) },
    { ...token, until: new Date(NOW) },
    { ...token, before: null },
    { ...user, id: 'ann' },
    { ...user, id: token.id },
    { ...user, id: ':\ud83d' },
    { ...user, id: ':a\0' },
    { ...user, id: `:${'x'.repeat(1024)}` },
    { ...user, before: NaN },
    { ...user, before: '0' },
    { ...user, before: -1 },
  ]) {
    it(`refuses ${shown(entry)}`, () => {
      expect(isRevocation(entry)).to.equal(false);
      expect(() => {
        checkRevocations([token, entry]);
      }).to.throw(TypeError);
    });
  }

  it('is asked for each of a list', () => {
    checkRevocations([]);
    checkRevocations([token, user]);
    const sparse: unknown[] = [];
    sparse[1] = token;
    for (const list of [undefined, null, token, 'list', new Set([token]), sparse, { length: 1, 0: token }]) {
      expect(() => {
        checkRevocations(list);
      }).to.throw(TypeError);
    }
  });
});
