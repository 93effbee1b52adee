/** Which sessions logins at a provider have started, so that the provider can end them. */
import { createHash } from 'node:crypto';
import type { SecurityRequest } from '../core/request';
import { ServiceUnavailableError } from '../errors';
import { endSession } from './end-sessions';
import type { SessionParts } from './session-parts';
import type { IdpRecord } from './session-record';
import type { SessionStore } from './session-store';

/** Whose sessions a provider ends: those of one session there, or without `sid` all of the subject. */
export type IdpLogin = Pick<IdpRecord, 'issuer' | 'sid'> & { readonly subject?: string | undefined };

interface Index {
  /** Keys of sessions and of logins that need a second factor, the newest last. Those that have ended do no harm. */
  readonly ids: readonly string[];
  readonly until: number;
}

const VERSION = 1;
const MAX_IDS = 100;
/** What these keys are of may be about to be written. */
const NEWEST = 10;
const TRIES = 5;
const ID = /^(ses|half):([\w-]{43})$/;

/**
 * Notes the key of a session that is about to be written. There is room for a hundred: those that have ended make way, and
 * else the oldest one ends, as its provider could not end it any more.
 * @throws ServiceUnavailableError when the state cannot say
 */
export async function noteIdp(
  parts: SessionParts,
  idp: IdpRecord,
  key: string,
  until: number,
  request: SecurityRequest,
): Promise<void> {
  for (const name of namesOf(idp)) {
    await add(parts, name, key, until, (old) => endKey(parts, old, 'too_many', () => true, request));
  }
}

/**
 * Ends what a login at a provider has started.
 * @returns how many sessions have ended
 * @throws ServiceUnavailableError when the state cannot say; some may have ended then
 */
export async function endOfIdp(
  parts: SessionParts,
  login: IdpLogin,
  request: SecurityRequest,
): Promise<number> {
  const { store } = parts;
  const keys = new Set<string>();
  for (const name of namesOf(login)) {
    const text = await store.getIndex(name);
    for (const key of text === undefined ? [] : readIndex(text).ids) keys.add(key);
  }
  let count = 0;
  for (const key of keys) {
    if (await endKey(parts, key, 'by_provider', (idp) => isOf(login, idp), request)) count += 1;
  }
  return count;
}

/** True where a session has ended by this. */
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

/** A login whose session at the provider is not known may be of any of the person's. */
function isOf({ issuer, sid, subject }: IdpLogin, idp: IdpRecord | undefined): boolean {
  if (idp?.issuer !== issuer) return false;
  if (sid !== undefined && idp.sid !== undefined) return idp.sid === sid;
  return subject !== undefined && idp.subject === subject;
}

function namesOf({ issuer, sid, subject }: IdpLogin): string[] {
  const name = (kind: string, value: string): string =>
    createHash('sha256')
      .update(JSON.stringify([kind, issuer, value]))
      .digest('base64url');
  return [
    ...(sid === undefined ? [] : [name('sid', sid)]),
    ...(subject === undefined ? [] : [name('sub', subject)]),
  ];
}

async function add(
  { store }: SessionParts,
  name: string,
  key: string,
  until: number,
  end: (key: string) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const text = await store.getIndex(name);
    const before = text === undefined ? undefined : readIndex(text);
    const kept = before === undefined ? [] : await withRoom(store, before.ids);
    for (const old of kept.splice(0, Math.max(0, kept.length + 1 - MAX_IDS))) await end(old);
    const next: Index = { ids: [...kept, key], until: Math.max(until, before?.until ?? 0) };
    if (await store.setIndex(name, JSON.stringify({ v: VERSION, ...next }), text, next.until)) return;
  }
  throw new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('Other logins of the person began at the same time'),
  });
}

/** The keys, without those of what has ended where there is no room for one more. */
async function withRoom(own: SessionStore, keys: readonly string[]): Promise<string[]> {
  if (keys.length < MAX_IDS) return [...keys];
  const store = own.ofAll();
  const living: string[] = [];
  for (const key of keys.slice(0, -NEWEST)) {
    if ((await store.get(...partsOf(key))) !== undefined) living.push(key);
  }
  return [...living, ...keys.slice(-NEWEST)];
}

/** @throws ServiceUnavailableError for the entry of a later version, and for what is none; it must not be changed */
function readIndex(text: string): Index {
  const { v, ids, until } = parsed(text);
  const areIds = Array.isArray(ids) && ids.length <= MAX_IDS && ids.every(isKey);
  if (v === VERSION && areIds && Number.isSafeInteger(until) && Math.abs(until as number) <= 8.64e15) {
    return { ids, until: until as number };
  }
  throw new ServiceUnavailableError({
    cause: new Error('An entry of logins at a provider is not valid, or of another version'),
  });
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && ID.test(key);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
