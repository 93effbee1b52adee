import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { isConflict, isDown, isTaken } from '../../../src/sql/sql-errors';

const DOWN = [
  ...['08006', '28P01', '40001', '40P01', '53300', '55P03', '57014', '57P01', '57P03', '58030', '25006'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'SQLITE_BUSY', 'SQLITE_IOERR_READ'],
];
const BUGS = ['42601', '42P01', '42703', '42501', '22P02', '23505', 'XX000', '0A000', 'SQLITE_ERROR'];

describe('isDown', () => {
  for (const code of DOWN) {
    it(`counts ${code} as down`, () => {
      expect(isDown(Object.assign(new Error('refused'), { code }))).to.equal(true);
    });
  }

  for (const code of BUGS) {
    it(`counts ${code} as a bug`, () => {
      expect(isDown(Object.assign(new Error('refused'), { code }))).to.equal(false);
    });
  }

  const mysql = (errno: number, sqlState: string | undefined, sqlMessage = 'said'): Error =>
    Object.assign(new Error(sqlMessage), { code: 'ER_X', errno, sqlState, sqlMessage });

  for (const [errno, state] of [
    ...([
      [1040, ''],
      [1040, '08004'],
      [1205, 'HY000'],
      [1213, '40001'],
      [1045, '28000'],
      [1053, '08S01'],
    ] as const),
    ...([
      [1927, '70100'],
      [1969, '70100'],
      [3024, 'HY000'],
      [1290, 'HY000'],
      [1047, '08S01'],
      [1114, 'HY000'],
    ] as const),
    ...([
      [1203, '42000'],
      [1226, '42000'],
      [1317, '70100'],
      [3572, 'HY000'],
      [9999, '08000'],
      [1129, undefined],
    ] as const),
  ]) {
    it(`counts error ${errno} of MySQL with the state ${String(state)} as down`, () => {
      expect(isDown(mysql(errno, state))).to.equal(true);
    });
  }

  for (const [errno, state] of [
    ...([
      [1064, '42000'],
      [1146, '42S02'],
      [1054, '42S22'],
      [1142, '42000'],
      [1062, '23000'],
      [4025, '23000'],
    ] as const),
    ...([
      [1406, '22001'],
      [1267, 'HY000'],
      [1366, 'HY000'],
      [1210, ''],
      [1049, '42000'],
      [9999, undefined],
    ] as const),
  ]) {
    it(`counts error ${errno} of MySQL with the state ${String(state)} as a bug`, () => {
      expect(isDown(mysql(errno, state))).to.equal(false);
    });
  }

  it('counts an error of the driver, or of the network, as down', () => {
    for (const fields of [
      { code: 'ECONNREFUSED', errno: -111 },
      { code: 'PROTOCOL_CONNECTION_LOST', fatal: true },
      { code: 'POOL_CLOSED' },
      {},
    ]) {
      expect(isDown(Object.assign(new Error('x'), fields)), JSON.stringify(fields)).to.equal(true);
    }
    expect(isDown(new ConfigurationError('x'))).to.equal(false);
  });

  it('tells a conflict from a name that is taken, in whatever language', () => {
    expect([1205, 1213, 1020, 1146].map((errno) => isConflict(mysql(errno, '')))).to.deep.equal([
      ...[true, true, true, false],
    ]);
    expect(isConflict(mysql(1062, '23000', "Duplicate entry 'a' for key 'PRIMARY'"))).to.equal(true);
    const twin = mysql(
      1062,
      '23000',
      "Doppelter Eintrag 'PRIMARY' für 'securest_users.securest_users_folded'",
    );
    expect([isConflict(twin), isTaken(twin, 'securest_users_folded')]).to.deep.equal([false, true]);
  });

  it('counts unknown errors as an outage, and errors of the language as bugs', () => {
    for (const unknown of [new Error('Query read timeout'), null, undefined, 'text', { code: 5 }]) {
      expect(isDown(unknown)).to.equal(true);
    }
    expect(isDown(new TypeError('x is not a function'))).to.equal(false);
  });
});
