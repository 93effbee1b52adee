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
const TRIES = 5;
const ID = /^(ses|half):([\w-]{43})$/;

/**
 * Notes the key of a session that is about to be written.
 * @throws ServiceUnavailableError when the state cannot say
 */
export async function noteIdp(
  store: SessionStore,
  idp: IdpRecord,
  key: string,
  until: number,
): Promise<void> {
  for (const name of namesOf(idp)) await add(store, name, key, until);
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
    const [, kind, id = ''] = ID.exec(key) ?? [];
    if (kind === 'half') {
      const half = await store.get('half', id);
      if (isOf(login, half?.record.idp)) await store.delete('half', id);
      continue;
    }
    const session = await store.get('ses', id);
    if (session === undefined || !isOf(login, session.record.idp)) continue;
    const ending = { type: 'session_ended', reason: 'by_provider' } as const;
    if (await endSession(parts, session, ending, request)) count += 1;
  }
  return count;
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

async function add(store: SessionStore, name: string, key: string, until: number): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const text = await store.getIndex(name);
    const before = text === undefined ? undefined : readIndex(text);
    const next: Index = {
      ids: [...(before?.ids ?? []), key].slice(-MAX_IDS),
      until: Math.max(until, before?.until ?? 0),
    };
    if (await store.setIndex(name, JSON.stringify({ v: VERSION, ...next }), text, next.until)) return;
  }
  throw new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('Other logins of the person began at the same time'),
  });
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
