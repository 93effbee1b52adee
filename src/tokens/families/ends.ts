/** How families end before their time: each stays as a dead entry, so that no rotation brings it back. */
import type { SecurityRequest } from '../../core/request';
import type { FamilyRecord } from './family-record';
import { expiryOf, lostRaces, type StoredFamily } from './family-store';
import type { FamilyParts } from './parts';
import type { Person } from '../../core/person';

const TRIES = 20;

/** True while its token can be used. */
export function isAlive(record: FamilyRecord, { settings, now }: FamilyParts): boolean {
  return record.dead === undefined && now() < expiryOf(record, settings);
}

/** True for a family of this service, where several share the store. */
export function isOwn({ service }: FamilyRecord, parts: FamilyParts): boolean {
  return service === undefined || parts.service === undefined || service === parts.service;
}

/** True for a family of these names in a store of these. */
export function isOf({ userstore }: FamilyRecord, { homes }: Person): boolean {
  return homes.includes(userstore);
}

/**
 * Ends a family. Its access tokens are left to the caller.
 * @param isMeant false leaves it
 * @returns the family where this call has ended it
 * @throws ServiceUnavailableError when the store cannot say, or others change it each time
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

/** Ends a family with its access tokens. @throws ServiceUnavailableError where that is not certain in all processes */
export async function endFamily(parts: FamilyParts, id: string, request?: SecurityRequest): Promise<void> {
  const marked = await settled(markDead(parts, id));
  if (marked.value !== undefined) told(parts, id, marked.value, request);
  // Also where there is no entry, or the store is down: the access tokens can be refused all the same.
  await parts.revoked.families([id]);
  if (marked.error !== undefined) throw marked.error;
}

/** Ends families of one user that are one too many. @param isMeant asked of each as it is then */
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
 * Ends all families of a user, and all access tokens.
 * @param names of the user, as entries may have them
 */
export async function endUser(
  parts: FamilyParts,
  person: Person,
  names: readonly string[],
  request?: SecurityRequest,
): Promise<void> {
  // Before they are listed: a family that is written later finds out that it has ended.
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

/** What has to be done in any case is done before a fault is told. */
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
