import { parse } from 'csv-parse/sync';
import type { User } from '../core/user';
import { Passwords } from '../passwords/passwords';
import { schemeOf } from '../passwords/schemes';
import { userFault } from '../userstores/record-schema';
import { newNamesFault } from './new-names';
import { weakness } from './new-password';

const COLUMNS = ['username', 'password', 'password_hash', 'email', 'active', 'roles', 'groups'];

/** Weak schemes too: whether they may log in is up to the app. */
const BROUGHT_ALONG = new Passwords({ accept: ['pbkdf2-sha1', 'ldap-sha', 'des-crypt'] });

/** A user to import; with a password where that is still to be hashed. */
export interface Row {
  readonly line: number;
  readonly user: User;
  readonly password?: string;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** One line each, with the line of the file, free of passwords. */
  readonly faults: readonly string[];
}

interface Parsed {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Takes a CSV text apart.
 * @throws Error when it is not CSV, or its first line names unknown columns
 */
export function readRows(text: string, isWeakMeant: boolean): Rows {
  if (text.trim() === '') throw new Error('line 1: must name the columns; the file is empty');
  const rows: Row[] = [];
  const faults: string[] = [];
  const lines = new Map<string, number>();
  for (const { record, info } of parsed(text)) {
    const row = toRow(record, info.lines, isWeakMeant);
    if (typeof row === 'string') {
      faults.push(`line ${String(info.lines)}: ${row}`);
      continue;
    }
    const first = lines.get(row.user.username);
    if (first !== undefined) {
      faults.push(`line ${String(info.lines)}: has the same user name as line ${String(first)}`);
      continue;
    }
    lines.set(row.user.username, info.lines);
    rows.push(row);
  }
  return { rows, faults };
}

function parsed(text: string): Parsed[] {
  try {
    return parse(text, {
      bom: true,
      columns: checkColumns,
      info: true,
      skip_empty_lines: true,
      relax_column_count: false,
      max_record_size: 100_000,
    }) as unknown as Parsed[];
  } catch (error) {
    // What the library says may quote the file.
    const { code, lines } = (error ?? {}) as { code?: unknown; lines?: unknown };
    if (typeof code !== 'string') throw error;
    throw new Error(`line ${String(lines)}: is not valid CSV (${code})`);
  }
}

function checkColumns(names: string[]): string[] {
  const unknown = names.filter((name) => !COLUMNS.includes(name)).length;
  const isComplete = names.includes('username') && new Set(names).size === names.length;
  if (unknown > 0 || !isComplete) {
    throw new Error(
      `line 1: must name the columns, each once: username, and any others of ${COLUMNS.join(', ')}`,
    );
  }
  return names;
}

/** The row, or what is wrong with it. */
function toRow(record: Readonly<Record<string, string>>, line: number, isWeakMeant: boolean): Row | string {
  const { username = '', password = '', password_hash: hash = '', email = '', active = '' } = record;
  if (!['', 'true', 'false'].includes(active)) return 'active must be true or false';
  if (password !== '' && hash !== '') return 'has both a password and a password_hash';
  if (hash !== '' && !BROUGHT_ALONG.isReadable(hash)) {
    return `password_hash: ${BROUGHT_ALONG.explain(hash) ?? 'unknown hash format'}`;
  }
  const user: User = {
    username,
    ...(hash === '' ? {} : { password: hash }),
    ...(email === '' ? {} : { email }),
    ...(active === 'false' ? { active: false } : {}),
    ...listed('roles', record['roles']),
    ...listed('groups', record['groups']),
  };
  const fault = userFault(user);
  const problem = newNamesFault(user) ?? fault?.problem;
  if (problem !== undefined) return problem;
  if (password === '') return { line, user };
  if (isHash(password)) return 'password is a hash, which belongs in the column password_hash';
  const weak = weakness(password, [username, email], isWeakMeant);
  return weak === undefined ? { line, user, password } : `password ${weak}`;
}

/** True for what is certainly one: hashing it again would make the text itself the password. */
function isHash(password: string): boolean {
  const scheme = schemeOf(password);
  if (scheme === undefined || scheme.optIn === 'plaintext' || scheme.name === 'des-crypt') return false;
  return scheme.workOf(password) !== undefined;
}

function listed(field: 'roles' | 'groups', text = ''): Pick<User, 'roles' | 'groups'> {
  const names = text
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? {} : { [field]: [...new Set(names)] };
}
