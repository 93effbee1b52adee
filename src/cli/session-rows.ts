import { SessionStore, type StoredSession } from '../sessions/session-store';
import type { StateStoreInterface } from '../state/state-store';

/**
 * The sessions of a user that have not ended, the last used one first. The command does not know the app's limits, but
 * each session has its own end.
 * @param userstore undefined: any
 */
export async function liveSessions(
  state: StateStoreInterface,
  username: string,
  userstore: string | undefined,
): Promise<readonly StoredSession[]> {
  if (username === '') return [];
  const sessions = await new SessionStore(state).list('ses', username);
  return sessions
    .filter(({ record }) => Date.now() < record.ends)
    .filter(({ record }) => userstore === undefined || record.userstore === userstore)
    .toSorted((one, other) => other.record.seen - one.record.seen);
}

/**
 * Ends sessions, and logins of the same user that still need a second factor.
 * @returns the ids of the sessions that this call ended
 */
export async function endSessions(
  state: StateStoreInterface,
  username: string,
  userstore: string | undefined,
): Promise<readonly string[]> {
  const store = new SessionStore(state);
  for (const { id, record } of await store.list('half', username)) {
    if (userstore === undefined || record.userstore === userstore) await store.delete('half', id);
  }
  const ended: string[] = [];
  for (const { id } of await liveSessions(state, username, userstore)) {
    if (await store.delete('ses', id)) ended.push(id);
  }
  return ended;
}
