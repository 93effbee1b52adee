import type { User } from '../core/user';
import { formsOf, normalForm } from '../util/normal-forms';
import { Passwords } from '../passwords/passwords';
import { schemeOf } from '../passwords/schemes';
import { userFault } from '../userstores/record-schema';
import { printable } from '../util/printable';
import type { ImportRecord } from './import-records';
import { newNamesFault } from './new-names';
import { weakness } from './new-password';

/** Includes weak schemes: the app decides whether they may log in. */
const BROUGHT_ALONG = new Passwords({ accept: ['pbkdf2-sha1', 'ldap-sha', 'des-crypt'] });

/** Likely separators of several names, if the caller set no separator. */
const LIKE_SEVERAL = /[;,|]/;
const SHOWN = 60;
/** Common words for true and false, which are not passwords. */
const HARMLESS = /^(?:yes|no|y|n|t|f|on|off|0|1|-1|active|inactive|enabled|disabled)$/i;

/** A user to import; with the password if it must still be hashed. */
export interface Row {
  /** The place in the file, such as `line 7`. */
  readonly place: string;
  readonly user: User;
  readonly password?: string;
  /** True when any cell may hold a password. */
  readonly mayShift: boolean;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** One line for each fault, with its place in the file and without passwords. */
  readonly faults: readonly string[];
}

export interface RowOptions {
  readonly isWeakMeant: boolean;
  /** The separator of several roles, or groups, in one cell. */
  readonly separator?: string | undefined;
}

export function readRows(records: readonly ImportRecord[], options: RowOptions): Rows {
  const rows: Row[] = [];
  const faults: string[] = [];
  const places = new Map<string, Row>();
  for (const record of records) {
    const row = toRow(record, options);
    if (typeof row === 'string') {
      faults.push(`${record.place}${row}`);
      continue;
    }
    const { username } = row.user;
    const first = places.get(normalForm(username));
    if (first !== undefined) {
      const other = first.user.username === username ? '' : ', in another normal form of Unicode';
      faults.push(`${row.place}: has the same user name as ${first.place}${other}`);
      continue;
    }
    places.set(normalForm(username), row);
    rows.push(row);
  }
  return { rows, faults };
}

/** The name of an existing user that looks the same and is written in another normal form of Unicode. */
export function lookalike(username: string, names: ReadonlySet<string>): string | undefined {
  return names.has(username) ? undefined : formsOf(username).find((form) => names.has(form));
}

/** The row, or the description of its fault, which is appended to its place. */
function toRow(
  { place, fields, mayShift = false, ...lists }: ImportRecord,
  options: RowOptions,
): Row | string {
  const fault = (column: string, problem: string, value?: string): string =>
    `: ${column} ${problem}${value === undefined ? '' : shown(value, mayShift)}`;
  const { username = '', password = '', password_hash: hash = '', email = '' } = fields;
  const active = (fields.active ?? '').trim().toLowerCase();
  if (!['', 'true', 'false'].includes(active)) {
    return fault('active', 'must be true or false', fields.active);
  }
  if (password !== '' && hash !== '') return ': has both a password and a password_hash';
  if (hash !== '' && !BROUGHT_ALONG.isReadable(hash)) {
    return fault('password_hash', `cannot be read: ${BROUGHT_ALONG.explain(hash) ?? 'unknown hash format'}`);
  }
  for (const column of ['roles', 'groups'] as const) {
    const cell = lists[column];
    if (options.separator !== undefined || typeof cell !== 'string' || !LIKE_SEVERAL.test(cell)) continue;
    return fault(column, 'has several names, or a name with a separator, and needs --roles-separator', cell);
  }
  const user: User = {
    username,
    ...(hash === '' ? {} : { password: hash }),
    ...(email === '' ? {} : { email }),
    ...(active === 'false' ? { active: false } : {}),
    ...listed('roles', lists.roles, options),
    ...listed('groups', lists.groups, options),
  };
  const problem = newNamesFault(user) ?? userFault(user)?.problem;
  if (problem !== undefined) {
    const [column = ''] = problem.split(' ');
    const value = { username, email, roles: lists.roles, groups: lists.groups }[column];
    return value === undefined
      ? `: ${problem}`
      : fault(column, problem.slice(column.length + 1), String(value));
  }
  if (password === '') return { place, user, mayShift };
  if (isHash(password)) return fault('password', 'is a hash, which belongs in the column password_hash');
  const weak = weakness(password, [username, email], options.isWeakMeant);
  return weak === undefined ? { place, user, mayShift, password } : fault('password', weak);
}

/** The text of a cell, unless it may be a secret. */
export function shown(value: string, mayShift: boolean): string {
  const isSecret = mayShift ? !HARMLESS.test(value.trim()) : isHash(value);
  return isSecret ? '' : `: "${printable(value, SHOWN)}"`;
}

/** True for a text that is certainly a hash: hashing it again would make the text itself the password. */
function isHash(password: string): boolean {
  const scheme = schemeOf(password);
  if (scheme === undefined || scheme.optIn === 'plaintext' || scheme.name === 'des-crypt') return false;
  return scheme.workOf(password) !== undefined;
}

function listed(
  field: 'roles' | 'groups',
  cell: string | readonly string[] = '',
  { separator }: RowOptions,
): Pick<User, 'roles' | 'groups'> {
  const parts = typeof cell === 'string' ? (separator === undefined ? [cell] : cell.split(separator)) : cell;
  const names = parts.map((name) => name.trim()).filter((name) => name !== '');
  return names.length === 0 ? {} : { [field]: [...new Set(names)] };
}
