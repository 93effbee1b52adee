/** The families of an app in its state store. Every answer of the store is checked. */
import type { MaybePromise } from '../../core/userstore';
import { SecurityFaultError, ServiceUnavailableError } from '../../errors';
import { askStore } from '../../state/ask-store';
import type { StateStoreInterface } from '../../state/state-store';
import type { RefreshSettings } from '../refresh-options';
import { type FamilyRecord, familyIdIn, keyOf, readRecord, writeRecord } from './family-record';

/** A family as it was read, with its text, which a change is compared with. */
export interface StoredFamily {
  readonly id: string;
  readonly text: string;
  readonly record: FamilyRecord;
}

export interface ListedFamilies {
  readonly families: readonly StoredFamily[];
  /** The error for an entry that cannot be read, for example an entry of a later version. */
  readonly fault: unknown;
}

/** When a family ends if it is not used again. Stricter options also apply to existing families. */
export function expiryOf({ end, login, at }: FamilyRecord, { maxMs, idleMs }: RefreshSettings): number {
  return Math.min(end, login + maxMs, at + idleMs);
}

export class FamilyStore {
  readonly #state: StateStoreInterface;
  readonly #settings: RefreshSettings;

  constructor(state: StateStoreInterface, settings: RefreshSettings) {
    this.#state = state;
    this.#settings = settings;
  }

  /**
   * Undefined if the family does not exist.
   * @throws ServiceUnavailableError when the store is unavailable, or the entry is of a later version
   */
  async get(id: string): Promise<StoredFamily | undefined> {
    const text = await this.#asked((state) => state.get(keyOf(id)));
    if (text === null || text === undefined) return undefined;
    return { id, text, record: readRecord(text) };
  }

  /**
   * Writes a family if it has not changed since it was read; without `before`, a new family. False if it has changed.
   * @throws TypeError for a family that does not fit into the store
   * @throws ServiceUnavailableError when the store is unavailable; the family may have been written
   */
  async set(id: string, record: FamilyRecord, before?: StoredFamily): Promise<boolean> {
    const expiresAt = new Date(expiryOf(record, this.#settings));
    const text = writeRecord(record);
    const isSet: unknown = await this.#asked((state) =>
      state.set(keyOf(id), text, before?.text, expiresAt, record.user),
    );
    if (typeof isSet !== 'boolean') throw fault('set() must return true or false');
    return isSet;
  }

  async delete(id: string): Promise<void> {
    await this.#asked((state) => state.delete(keyOf(id)));
  }

  /** All families of a username in any userstore, including ended families. */
  async list(user: string): Promise<ListedFamilies> {
    const entries: unknown = await this.#asked((state) => state.list(user));
    if (!Array.isArray(entries)) throw fault('list() must return a list');
    const families: StoredFamily[] = [];
    let unread: unknown;
    for (const entry of entries as readonly unknown[]) {
      if (!Array.isArray(entry)) throw fault('list() must return pairs of key and value');
      const [key, text] = entry as readonly unknown[];
      const id = familyIdIn(key);
      if (id === undefined) continue;
      try {
        const record = readRecord(text);
        // A store that compares owners differently must not hand out the families of another user.
        if (record.user === user) families.push({ id, text: text as string, record });
      } catch (error) {
        unread = error;
      }
    }
    return { families, fault: unread };
  }

  async #asked<T>(ask: (state: StateStoreInterface) => MaybePromise<T>): Promise<T> {
    return askStore(() => ask(this.#state));
  }
}

function fault(problem: string): SecurityFaultError {
  return new SecurityFaultError({ cause: new TypeError(`The state store: ${problem}`) });
}

/** The error for a family that other requests change at every attempt. */
export function lostRaces(): ServiceUnavailableError {
  return new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('A token family was changed by others each time'),
  });
}
