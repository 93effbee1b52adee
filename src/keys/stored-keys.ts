import { silencePromisesIn } from '../core/silence';
import type { MaybePromise } from '../core/userstore';
import { withinDeadline } from '../http/deadline';
import type { StateStoreInterface } from '../state/state-store';
import { chained } from '../util/maybe-promise';
import { isKeyId } from './key-form';
import { type KeyRow, readRow, type StoredKey, writeRow } from './key-row';

const NAMESPACE = 'key:';
/** The time limit of the store when no request's own limit applies. */
export const STORE_MS = 5000;

export function stateKeyOf(id: string): string {
  return NAMESPACE + id;
}

/**
 * The keys in the state store. The owner of an entry is the username.
 * @throws ServiceUnavailableError when the store does not answer in time, and for a row of a later version
 */
export class StoredKeys {
  constructor(private readonly state: StateStoreInterface) {}

  /** Synchronous if the store answers synchronously. */
  find(id: string): MaybePromise<StoredKey | undefined> {
    return chained(this.state.get(stateKeyOf(id)), (text: unknown) => {
      silencePromisesIn(text);
      return text === null || text === undefined ? undefined : readRow(id, text);
    });
  }

  /** {@link find} with the store's time limit. */
  async get(id: string): Promise<StoredKey | undefined> {
    return withinDeadline(this.find(id), STORE_MS);
  }

  /** False if the id is taken. */
  async insert(id: string, row: KeyRow): Promise<boolean> {
    return this.#answer(
      this.state.set(stateKeyOf(id), writeRow(row), undefined, new Date(row.expiresAt), row.user),
    );
  }

  /** True for exactly one of several callers. */
  async end(id: string): Promise<boolean> {
    return this.#answer(this.state.delete(stateKeyOf(id)));
  }

  /** All keys of the users of this name, in any userstore. */
  async of(username: string): Promise<readonly StoredKey[]> {
    const entries = await withinDeadline(this.state.list(username), STORE_MS);
    // The list may contain promises, for example from map() with an async function.
    silencePromisesIn(entries);
    return entries.flatMap(([key, text]) => {
      if (!key.startsWith(NAMESPACE)) return [];
      const id = key.slice(NAMESPACE.length);
      return isKeyId(id) ? [readRow(id, text)] : [];
    });
  }

  async #answer(asked: MaybePromise<boolean>): Promise<boolean> {
    const answer: unknown = await withinDeadline(asked, STORE_MS);
    silencePromisesIn(answer);
    if (typeof answer !== 'boolean') throw new TypeError('A state store must answer true or false');
    return answer;
  }
}
