/** An index of the sessions that logins at an OpenID provider have started, so that the provider can end them. */
import { createHash } from 'node:crypto';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { ServiceUnavailableError } from '../errors';
import { endSession } from './end-sessions';
import type { SessionParts } from './session-parts';
import type { IdpRecord } from './session-record';
import type { SessionStore } from './session-store';

/** The sessions that a provider ends: those of one session at the provider, or without `sid` all of the subject. */
export type IdpLogin = Pick<IdpRecord, 'issuer' | 'sid'> & { readonly subject?: string | undefined };

interface Index {
  /** Keys of sessions and of logins that need a second factor, the newest last. Keys of ended sessions do no harm. */
  readonly ids: readonly string[];
  /** The keys that the provider has ended. A session that is written after that must not stay. */
  readonly ended?: readonly string[] | undefined;
  readonly until: number;
}

const VERSION = 1;
const MAX_IDS = 100;
/** The sessions of the newest keys may not be written yet, so these keys are kept without a check. */
const NEWEST = 10;
/** How many logins of a user may begin at once. */
const TRIES = 20;
const ID = /^(ses|half):([\w-]{43})$/;

/**
 * Notes the key of a session that is about to be written. There is room for 100 keys: keys of ended sessions are
 * dropped first; after that the oldest session ends, since its provider could not end it any more.
 * @throws ServiceUnavailableError if the state store cannot answer
 */
export async function noteIdp(
  parts: SessionParts,
  idp: IdpRecord,
  key: string,
  until: number,
  request: SecurityRequest,
): Promise<void> {
  const { store } = parts;
  for (const name of namesOf(idp)) {
    await change(store, name, async (before) => {
      const kept = before === undefined ? [] : await withRoom(store, before.ids);
      for (const old of kept.splice(0, Math.max(0, kept.length + 1 - MAX_IDS))) {
        await endKey(parts, old, 'too_many', () => true, request);
      }
      return { ids: [...kept, key], ended: before?.ended, until: Math.max(until, before?.until ?? 0) };
    });
  }
}

/**
 * Whether the provider has ended the session of a key. Call this once the session is written: a later end finds the
 * session.
 * @throws ServiceUnavailableError if the state store cannot answer
 */
export async function isEndedByIdp(store: SessionStore, idp: IdpRecord, key: string): Promise<boolean> {
  for (const name of namesOf(idp)) {
    const text = await store.getIndex(name);
    if (text !== undefined && readIndex(text).ended?.includes(key) === true) return true;
  }
  return false;
}

/**
 * Ends the sessions that a login at a provider has started.
 * @returns the number of sessions that this call ended
 * @throws ServiceUnavailableError if the state store cannot answer; some sessions may have ended by then
 */
export async function endOfIdp(
  parts: SessionParts,
  login: IdpLogin,
  request: SecurityRequest,
): Promise<number> {
  const { store } = parts;
  const keys = new Set<string>();
  for (const name of endedNamesOf(login)) {
    const marked = await change(store, name, (before) =>
      before === undefined || before.ids.length === 0
        ? undefined
        : { ids: [], ended: [...(before.ended ?? []), ...before.ids].slice(-MAX_IDS), until: before.until },
    );
    // Earlier marks too: that attempt may have failed after marking.
    for (const key of marked?.ended ?? []) keys.add(key);
  }
  let count = 0;
  for (const key of keys) {
    if (await endKey(parts, key, 'by_provider', (idp) => isOf(login, idp), request)) count += 1;
  }
  return count;
}

/** True if this call ended a session. */
async function endKey(
  parts: SessionParts,
  key: string,
  reason: 'by_provider' | 'too_many',
  isMeant: (idp: IdpRecord | undefined) => boolean,
  request: SecurityRequest,
): Promise<boolean> {
  const store = parts.store.ofAll();
  const [kind, id] = partsOf(key);
  if (kind === 'half') {
    const half = await store.get('half', id);
    if (half !== undefined && isMeant(half.record.idp)) await store.delete('half', id);
    return false;
  }
  const session = await store.get('ses', id);
  if (session === undefined || !isMeant(session.record.idp)) return false;
  return endSession(parts, session, { type: 'session_ended', reason }, request);
}

function partsOf(key: string): ['ses' | 'half', string] {
  const [, kind, id = ''] = ID.exec(key) ?? [];
  return [kind === 'half' ? 'half' : 'ses', id];
}

/** The keys; if there is no room for one more, without the keys of ended sessions. */
async function withRoom(own: SessionStore, keys: readonly string[]): Promise<string[]> {
  if (keys.length < MAX_IDS) return [...keys];
  const store = own.ofAll();
  const living: string[] = [];
  for (const key of keys.slice(0, -NEWEST)) {
    if ((await store.get(...partsOf(key))) !== undefined) living.push(key);
  }
  return [...living, ...keys.slice(-NEWEST)];
}

/** A login with an unknown `sid` may belong to any session of the subject at the provider. */
function isOf({ issuer, sid, subject }: IdpLogin, idp: IdpRecord | undefined): boolean {
  if (idp?.issuer !== issuer) return false;
  if (sid !== undefined && idp.sid !== undefined) return idp.sid === sid;
  return subject !== undefined && idp.subject === subject;
}

/** The names of the indexes in which a login is noted. */
function namesOf({ issuer, sid, subject }: IdpRecord): string[] {
  const own = sid === undefined ? nameOf('sub without sid', issuer, subject) : nameOf('sid', issuer, sid);
  return [own, nameOf('sub', issuer, subject)];
}

/** The names of the indexes in which all logins end. */
function endedNamesOf({ issuer, sid, subject }: IdpLogin): string[] {
  if (sid === undefined) return subject === undefined ? [] : [nameOf('sub', issuer, subject)];
  return [
    nameOf('sid', issuer, sid),
    ...(subject === undefined ? [] : [nameOf('sub without sid', issuer, subject)]),
  ];
}

function nameOf(kind: 'sid' | 'sub' | 'sub without sid', issuer: string, value: string): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, issuer, value]))
    .digest('base64url');
}

/** @param next returns undefined to leave the index unchanged. @returns the index after the call */
async function change(
  store: SessionStore,
  name: string,
  next: (before: Index | undefined) => MaybePromise<Index | undefined>,
): Promise<Index | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const text = await store.getIndex(name);
    const before = text === undefined ? undefined : readIndex(text);
    const changed = await next(before);
    if (changed === undefined) return before;
    const changedText = JSON.stringify({ v: VERSION, ...changed });
    if (await store.setIndex(name, changedText, text, changed.until)) return changed;
  }
  throw new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('Other logins of the person began at the same time'),
  });
}

/** @throws ServiceUnavailableError for an entry of a later version or an invalid entry; it must not be changed */
function readIndex(text: string): Index {
  const { v, ids, ended, until } = parsed(text);
  const isTime = Number.isSafeInteger(until) && Math.abs(until as number) <= 8.64e15;
  if (v === VERSION && areKeys(ids) && (ended === undefined || areKeys(ended)) && isTime) {
    return { ids, ended, until: until as number };
  }
  throw new ServiceUnavailableError({
    cause: new Error('An entry of logins at a provider is not valid, or of another version'),
  });
}

function areKeys(keys: unknown): keys is readonly string[] {
  const isList = Array.isArray(keys) && keys.length <= MAX_IDS;
  return isList && keys.every((key) => typeof key === 'string' && ID.test(key));
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
