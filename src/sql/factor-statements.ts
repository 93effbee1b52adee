import { sameText } from './mysql-sql';
import type { Dialect } from './schema';
import { strict } from './state-statements';

/** The statements of {@link SqlFactors}. A change returns the row that it found, in MySQL the number of rows. */
export interface FactorStatements {
  /** `$1`: owner. */
  readonly getOtp: string;
  /** `$1`: owner, `$2`: username, `$3`: value. In MySQL an existing owner is an error. */
  readonly insertOtp: string;
  /** `$1`: owner, `$2`: value, `$3`: the previous value. */
  readonly swapOtp: string;
  /** `$1`: owner, `$2`: the previous value. */
  readonly deleteOtp: string;
  /** `$1`: id. */
  readonly getPasskey: string;
  /** `$1`: owner. */
  readonly listPasskeys: string;
  /** `$1`: id, `$2`: owner, `$3`: username, `$4`: value. In MySQL an existing id is an error. */
  readonly insertPasskey: string;
  /** `$1`: id, `$2`: value, `$3`: the previous value, `$4`: owner. */
  readonly swapPasskey: string;
  /** `$1`: id, `$2`: owner. */
  readonly deletePasskey: string;
}

export function factorStatements(dialect: Dialect): FactorStatements {
  const isMysql = dialect === 'mysql';
  const same = (parameter: string): string =>
    isMysql ? sameText('value', parameter) : `value = ${parameter}`;
  const insert = (rest: string, key: string): string =>
    isMysql ? strict('INSERT', rest) : `INSERT ${rest} ON CONFLICT (${key}) DO NOTHING RETURNING ${key}`;
  const update = (rest: string, key: string): string =>
    isMysql ? strict('UPDATE', rest) : `UPDATE ${rest} RETURNING ${key}`;
  const returning = (key: string): string => (isMysql ? '' : ` RETURNING ${key}`);
  return {
    getOtp: 'SELECT value FROM securest_otp WHERE owner = $1',
    insertOtp: insert('INTO securest_otp (owner, username, value) VALUES ($1, $2, $3)', 'owner'),
    swapOtp: update(`securest_otp SET value = $2 WHERE owner = $1 AND ${same('$3')}`, 'owner'),
    deleteOtp: `DELETE FROM securest_otp WHERE owner = $1 AND ${same('$2')}${returning('owner')}`,
    getPasskey: 'SELECT value FROM securest_passkeys WHERE id = $1',
    listPasskeys: 'SELECT value FROM securest_passkeys WHERE owner = $1',
    insertPasskey: insert(
      'INTO securest_passkeys (id, owner, username, value) VALUES ($1, $2, $3, $4)',
      'id',
    ),
    swapPasskey: update(
      `securest_passkeys SET value = $2 WHERE id = $1 AND ${same('$3')} AND owner = $4`,
      'id',
    ),
    deletePasskey: `DELETE FROM securest_passkeys WHERE id = $1 AND owner = $2${returning('id')}`,
  };
}
