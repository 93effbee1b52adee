/** Ends families early: each stays as a dead entry, so that no rotation brings it back. */
import type { SecurityRequest } from '../../core/request';
import type { FamilyRecord } from './family-record';
import { expiryOf, lostRaces, type StoredFamily } from './family-store';
import type { FamilyParts } from './parts';
import type { Person } from '../../core/person';

const TRIES = 20;

/** True while the token of the family can be used. */
export function isAlive(record: FamilyRecord, { settings, now }: FamilyParts): boolean {
  return record.dead === undefined && now() < expiryOf(record, settings);
}

/** True for a family of this service, since several services may share the store. */
export function isOwn({ service }: FamilyRecord, parts: FamilyParts): boolean {
  return service === undefined || parts.service === undefined || service === parts.service;
}

/** True for a family of a user in one of the person's userstores. */
export function isOf({ userstore }: FamilyRecord, { homes }: Person): boolean {
  return homes.includes(userstore);
}

/**
 * Ends a family. The caller revokes its access tokens.
 * @param isMeant returns false for a family that must not be ended
 * @returns the family if this call has ended it
 * @throws ServiceUnavailableError when the store is unavailable, or every attempt loses to another change
 */
export async function markDead(
  parts: FamilyParts,
  id: string,
  isMeant: (record: FamilyRecord) => boolean = () => true,
): Promise<FamilyRecord | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const found = await parts.store.get(id);
    if (found === undefined || !isAlive(found.record, parts) || !isMeant(found.record)) return undefined;
    const ended = { ...found.record, previous: undefined, pad: undefined, dead: parts.now() };
    if (await parts.store.set(id, ended, found)) return ended;
  }
  throw lostRaces();
}

/**
 * Ends a family with its access tokens.
 * @throws ServiceUnavailableError when not all processes are certain to learn of it
 */
export async function endFamily(parts: FamilyParts, id: string, request?: SecurityRequest): Promise<void> {
  const marked = await settled(markDead(parts, id));
  if (marked.value !== undefined) told(parts, id, marked.value, request);
  // Also if the entry is missing or the store is down: the access tokens can still be refused.
  await parts.revoked.families([id]);
  if (marked.error !== undefined) throw marked.error;
}

/** Ends families of one user that exceed the limit. @param isMeant is called with the present state of each family */
export async function endExcess(
  parts: FamilyParts,
  families: readonly StoredFamily[],
  isMeant: (family: Pick<StoredFamily, 'id' | 'record'>) => boolean,
  request?: SecurityRequest,
): Promise<void> {
  const ended: string[] = [];
  for (const { id } of families) {
    const record = await markDead(parts, id, (present) => isMeant({ id, record: present }));
    if (record === undefined) continue;
    ended.push(id);
    told(parts, id, record, request);
  }
  await parts.revoked.families(ended);
}

/**
 * Ends all families and all access tokens of a user.
 * @param names the user's names, as entries may have them
 */
export async function endUser(
  parts: FamilyParts,
  person: Person,
  names: readonly string[],
  request?: SecurityRequest,
): Promise<void> {
  // Before the families are listed: a family that is written later learns here that it has ended.
  let fault: unknown = (await settled(parts.revoked.user(person, names))).error;
  const ids: string[] = [];
  for (const name of names) {
    const listed = await settled(parts.store.list(name));
    fault ??= listed.error ?? listed.value?.fault;
    for (const { id, record } of listed.value?.families ?? []) {
      if (record.dead !== undefined || !isOf(record, person)) continue;
      ids.push(id);
      fault ??= (await settled(markDead(parts, id))).error;
    }
  }
  fault ??= (await settled(parts.revoked.families(ids))).error;
  if (fault !== undefined) throw asError(fault);
  const [username = person.username] = names;
  parts.apps.emit({ type: 'tokens_ended', user: username }, homeOf(person), request);
}

function homeOf({ homes }: Person): string | undefined {
  return homes.length === 1 ? homes[0] : undefined;
}

function told(
  parts: FamilyParts,
  familyId: string,
  { user, userstore }: FamilyRecord,
  request?: SecurityRequest,
) {
  parts.apps.emit({ type: 'tokens_ended', user, familyId }, userstore, request);
}

interface Settled<T> {
  readonly value?: T;
  readonly error?: Error;
}

/** Keeps an error for later, so that the remaining work is done first. */
async function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: asError(error) };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A token family could not be ended', { cause: error });
}
