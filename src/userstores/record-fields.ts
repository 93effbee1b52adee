import { types } from 'node:util';
import type { User } from '../core/user';
import { UserRefusedError } from '../core/user-directory';
import { printable } from '../util/printable';
import { FILE_USER_FIELDS, fileUserFault, USER_FIELDS, userFault } from './record-schema';
import type { Snapshot } from './snapshot';
import type { FieldValue } from './file/yaml-scalars';

const STEP = 1000;

/** A user in the form that a file stores. */
type FileUser = { readonly [Field in keyof User]: Field extends 'id' ? string | null : User[Field] };

/** The fields that a user has, in the order in which they are written. Null fields are omitted. */
export function fieldsOf(user: User): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  for (const field of FILE_USER_FIELDS) {
    const value = (user as FileUser)[field as keyof User] ?? null;
    if (value !== null) fields.set(field, value);
  }
  return fields;
}

/** The fields that differ, with their new values. */
export function changedFields(before: User, after: User): Map<string, FieldValue> {
  const old = fieldsOf(before);
  const changed = fieldsOf(after);
  for (const field of old.keys()) if (!changed.has(field)) changed.set(field, defaultOf(field));
  for (const [field, value] of changed) {
    if (isSame(old.get(field) ?? defaultOf(field), value)) changed.delete(field);
  }
  return changed;
}

/**
 * Whether a file holds exactly these users, in any order, and these groups. It yields from time to time.
 * @param changed users that replace or add to those before
 * @param removed names of users before that must be absent
 */
export function* holds(
  found: Snapshot,
  before: Snapshot,
  changed: ReadonlyMap<string, User>,
  removed: ReadonlySet<string> = new Set(),
): Generator<void, boolean> {
  let added = 0;
  for (const name of changed.keys()) if (!before.users.has(name)) added += 1;
  let left = 0;
  for (const name of removed) if (before.users.has(name)) left += 1;
  if (found.users.size !== before.users.size + added - left) return false;
  let count = 0;
  for (const [name, user] of found.users) {
    if (removed.has(name)) return false;
    const meant = changed.get(name) ?? before.users.get(name);
    if (meant === undefined || changedFields(meant, user).size > 0) return false;
    count += 1;
    if (count % STEP === 0) yield;
  }
  if (found.groups.size !== before.groups.size) return false;
  for (const [name, group] of found.groups) {
    const meant = before.groups.get(name);
    if (meant === undefined || !isSame(meant.roles ?? [], group.roles ?? [])) return false;
    if (!isSame(meant.groups ?? [], group.groups ?? [])) return false;
  }
  return true;
}

/** @throws {UserRefusedError} for a record that a file cannot hold; it quotes nothing except the name of a group */
export function refuseRecord(user: User, { groups }: Pick<Snapshot, 'groups'>): void {
  refuse(user, FILE_USER_FIELDS, fileUserFault);
  const missing = user.groups?.find((name) => !groups.has(name));
  if (missing !== undefined) throw new UserRefusedError(`There is no group ${printable(missing)}`);
}

/** @throws {UserRefusedError} for fields that no table can hold; it quotes no value */
export function refuseFields(user: User): void {
  refuse(user, USER_FIELDS, userFault);
}

function refuse(user: User, fields: readonly string[], faultOf: typeof userFault): void {
  const unknown = Object.keys(user).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new UserRefusedError('A user has no such field');
  const fault = faultOf(user);
  if (fault !== undefined) throw new UserRefusedError(fault.problem);
}

function defaultOf(field: string): FieldValue {
  if (field === 'active') return true;
  return field === 'roles' || field === 'groups' ? [] : null;
}

function isSame(one: FieldValue, other: FieldValue): boolean {
  if (types.isDate(one) && types.isDate(other)) return one.getTime() === other.getTime();
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => item === other[index]);
  }
  return one === other;
}
