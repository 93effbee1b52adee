import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src';
import { EPOCH_STAMP } from '../../../src/core/stamp';
import { type KeyRow, readRow, writeRow } from '../../../src/keys/key-row';

const ID = '0123456789abcdef';
const ROW: KeyRow = {
  prefix: 'notes',
  user: 'ann',
  userstore: undefined,
  userId: undefined,
  stamp: 0,
  name: 'build',
  hint: 'notes_0123…abcd',
  scopes: undefined,
  digest: 'a'.repeat(64),
  createdAt: 1_000,
  expiresAt: 2_000,
  lastUsedAt: undefined,
};

const FULL: KeyRow = {
  ...ROW,
  user: 'änn "\u2028\ud83d\ude00',
  userstore: 'Staff',
  userId: '17',
  stamp: EPOCH_STAMP,
  scopes: ['notes:read', 'notes:write'],
  lastUsedAt: 1_500,
};

function changed(change: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(writeRow(FULL)) as object), ...change });
}

describe('The row of a key', () => {
  it('is read as it was written, and says its version first', () => {
    for (const row of [ROW, FULL]) {
      const text = writeRow(row);
      expect(text.startsWith('{"v":1,')).to.be.true;
      const { id, text: same, ...read } = readRow(ID, text);
      expect(id).to.equal(ID);
      expect(same).to.equal(text);
      const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
      expect(read).to.deep.include(given);
    }
  });

  it('is unavailable where a later version wrote it, whatever else it has', () => {
    for (const text of ['{"v":2}', '{"v":99,"digest":7}', changed({ v: 2 })]) {
      expect(() => readRow(ID, text)).to.throw(ServiceUnavailableError);
    }
  });

  const bad: Record<string, unknown>[] = [
    { v: 0 },
    { v: '1' },
    { v: '2' },
    { v: null },
    { v: 1.5 },
    { v: -1 },
    { prefix: 'Notes' },
    { prefix: null },
    { user: '' },
    { user: 7 },
    { user: null },
    { userstore: '' },
    { userstore: null },
    { userId: 17 },
    { userId: '' },
    { userId: null },
    { stamp: '0' },
    { stamp: 1.5 },
    { stamp: null },
    { name: 1 },
    { name: '' },
    { hint: null },
    { scopes: 'notes:read' },
    { scopes: ['a b'] },
    { scopes: [1] },
    { scopes: null },
    { scopes: { 0: 'a' } },
    { digest: 'A'.repeat(64) },
    { digest: 'a'.repeat(63) },
    { digest: ['a'.repeat(64)] },
    { digest: null },
    { createdAt: '1' },
    { expiresAt: null },
    { expiresAt: 1e300 },
    { expiresAt: '2000' },
    { lastUsedAt: null },
    { lastUsedAt: 'now' },
  ];
  for (const change of bad) {
    it(`is not valid with ${JSON.stringify(change).slice(0, 60)}`, () => {
      expect(() => readRow(ID, changed(change)))
        .to.throw(Error)
        .and.satisfy(
          (error: Error) => !(error instanceof ServiceUnavailableError) && !error.message.includes('aaaa'),
        );
    });
  }

  it('is not valid where a field is missing or inherited, or it is no object', () => {
    for (const field of [
      'v',
      'prefix',
      'user',
      'stamp',
      'name',
      'hint',
      'digest',
      'createdAt',
      'expiresAt',
    ]) {
      expect(() => readRow(ID, changed({ [field]: undefined })), field).to.throw(Error);
    }
    for (const text of [
      '',
      'x',
      'null',
      '7',
      '[]',
      '"{}"',
      '{"v":1',
      undefined,
      null,
      7,
      {},
      Buffer.from(writeRow(ROW)),
    ]) {
      expect(() => readRow(ID, text)).to.throw(Error, 'not valid');
    }
    const inherited = JSON.parse(changed({ userstore: undefined })) as Record<string, unknown>;
    expect(inherited).not.to.have.property('userstore');
  });
});
