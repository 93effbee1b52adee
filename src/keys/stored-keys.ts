import { silencePromisesIn } from '../core/silence';
import type { MaybePromise } from '../core/userstore';
import { withinDeadline } from '../http/deadline';
import type { StateStoreInterface } from '../state/state-store';
import { chained } from '../util/maybe-promise';
import { isKeyId } from './key-form';
import { type KeyRow, readRow, type StoredKey, writeRow } from './key-row';

const NAMESPACE = 'key:';
/** How long a store may take where no request's own limit ends it. */
export const STORE_MS = 5000;

export function stateKeyOf(id: string): string {
  return NAMESPACE + id;
}

/**
 * Keys as they are stored. The owner of an entry is the username.
 * @throws ServiceUnavailableError when the store does not answer in time, and for a row of a later version
 */
export class StoredKeys {
  constructor(private readonly state: StateStoreInterface) {}

  /** At once where the store answers at once. */
  find(id: string): MaybePromise<StoredKey | undefined> {
    return chained(this.state.get(stateKeyOf(id)), (text: unknown) => {
      silencePromisesIn(text);
      return text === null || text === undefined ? undefined : readRow(id, text);
    });
  }

  /** {@link find}, in the store's own time. */
  async get(id: string): Promise<StoredKey | undefined> {
    return withinDeadline(this.find(id), STORE_MS);
  }

  /** False where the id is taken. */
  async insert(id: string, row: KeyRow): Promise<boolean> {
    return this.#answer(
      this.state.set(stateKeyOf(id), writeRow(row), undefined, new Date(row.expiresAt), row.user),
    );
  }

  /** True for exactly one of several callers. */
  async end(id: string): Promise<boolean> {
    return this.#answer(this.state.delete(stateKeyOf(id)));
  }

  /** All keys of the users of that name, whatever userstore they are of. */
  async of(username: string): Promise<readonly StoredKey[]> {
    const entries = await withinDeadline(this.state.list(username), STORE_MS);
    // Of a list made by map() with an async function, for example.
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
