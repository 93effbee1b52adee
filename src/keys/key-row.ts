import { ServiceUnavailableError } from '../errors';
import { isText } from '../util/option-kinds';
import { isScope } from '../util/scope-name';
import { isKeyPrefix } from './key-form';

/** The stored form of a key. Times are milliseconds since the epoch. */
export interface KeyRow {
  readonly prefix: string;
  readonly user: string;
  /** The userstore that has the user, in an app with several userstores. */
  readonly userstore: string | undefined;
  readonly userId: string | undefined;
  /** As {@link Authentication.stamp}. */
  readonly stamp: number;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly string[] | undefined;
  /** SHA-256 of the secret, in hex digits. */
  readonly digest: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | undefined;
}

/** A key together with its id. */
export interface NamedKey extends KeyRow {
  readonly id: string;
}

/** A key as it was read, with its text, which must be unchanged when the key is written. */
export interface StoredKey extends NamedKey {
  readonly text: string;
}

const VERSION = 1;
const DIGEST = /^[0-9a-f]{64}$/;

export function writeRow(row: KeyRow): string {
  const { prefix, user, userstore, userId, stamp, name, hint, scopes, digest } = row;
  const { createdAt, expiresAt, lastUsedAt } = row;
  return JSON.stringify({
    v: VERSION,
    prefix,
    user,
    userstore,
    userId,
    stamp,
    name,
    hint,
    scopes,
    digest,
    createdAt,
    expiresAt,
    lastUsedAt,
  });
}

/** The row of a key after a use, including members that a later version has added. */
export function writeUse({ id: _id, text: _text, ...row }: StoredKey, lastUsedAt: number): string {
  return JSON.stringify({ ...row, lastUsedAt });
}

/**
 * @throws ServiceUnavailableError for a row of a later version of the library, which other processes may run
 * @throws Error for an invalid row; it quotes nothing
 */
export function readRow(id: string, text: unknown): StoredKey {
  const row = typeof text === 'string' ? parse(text) : undefined;
  const version = row?.['v'];
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > VERSION) {
    throw new ServiceUnavailableError({ cause: new Error('An API key was stored by a later version') });
  }
  if (typeof text !== 'string' || version !== VERSION || !isRow(row)) {
    throw new Error('The stored record of an API key is not valid');
  }
  return { ...row, id, text };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isRow(row: unknown): row is KeyRow {
  const fields = (row ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(FIELDS).every(([name, holds]) =>
    holds(Object.hasOwn(fields, name) ? fields[name] : undefined),
  );
}

const optional =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
/** The range of a Date. */
const isTime = (value: unknown): boolean => isWhole(value) && Math.abs(value as number) <= 8.64e15;

const FIELDS: Readonly<Record<keyof KeyRow, (value: unknown) => boolean>> = {
  prefix: isKeyPrefix,
  user: isText,
  userstore: optional(isText),
  userId: optional(isText),
  stamp: isWhole,
  name: isText,
  hint: isText,
  scopes: optional((value) => Array.isArray(value) && value.every(isScope)),
  digest: (value) => typeof value === 'string' && DIGEST.test(value),
  createdAt: isTime,
  expiresAt: isTime,
  lastUsedAt: optional(isTime),
};
