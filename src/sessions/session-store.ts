/** The sessions of an app in its state store. The store's answers are checked before they are used. */
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError } from '../errors';
import { askStore } from '../state/ask-store';
import type { StateStoreInterface } from '../state/state-store';
import { chained } from '../util/maybe-promise';
import { KnownRecords } from './known-records';
import { type HalfRecord, readHalf, readSession, type SessionRecord, writeRecord } from './session-record';

/** An entry as it was read. A change succeeds only if the store still holds the same text. */
export interface Stored<T> {
  /** The digest of the cookie's handle. */
  readonly id: string;
  readonly text: string;
  readonly record: T;
}

export type StoredSession = Stored<SessionRecord>;
export type StoredHalf = Stored<HalfRecord>;

interface Kinds {
  ses: SessionRecord;
  half: HalfRecord;
}

const READ: { readonly [K in keyof Kinds]: (text: unknown) => Kinds[K] } = {
  ses: readSession,
  half: readHalf,
};

/** As many sessions as are in use at once on a busy server, each of about a kilobyte. */
const MAX_KNOWN = 5000;
/** The name of a service with the default cookie name. */
export const USUAL_SERVICE = 'session';

export class SessionStore {
  readonly #state: StateStoreInterface;
  readonly #service: string | undefined;
  readonly #known: { readonly [K in keyof Kinds]: KnownRecords<Kinds[K]> } = {
    ses: new KnownRecords(MAX_KNOWN),
    half: new KnownRecords(MAX_KNOWN),
  };

  /** @param service only entries of this service are found in the state store; undefined for those of all services */
  constructor(state: StateStoreInterface, service?: string) {
    this.#state = state;
    this.#service = service;
  }

  /** The entries of all services in the state store, to end sessions whatever their service. */
  ofAll(): SessionStore {
    return new SessionStore(this.#state);
  }

  /**
   * Undefined if the entry does not exist. Synchronous if the state store answers synchronously.
   * @throws ServiceUnavailableError if the store cannot answer, or the entry is invalid or of a later version
   */
  get<K extends keyof Kinds>(kind: K, id: string): MaybePromise<Stored<Kinds[K]> | undefined> {
    return chained(
      this.#asked((state) => state.get(`${kind}:${id}`)),
      (text) => {
        if (text === null || text === undefined) return undefined;
        const record = this.#known[kind].of(id, text, READ[kind]);
        return this.#isOwn(record) ? { id, text, record } : undefined;
      },
    );
  }

  /** Writes an entry if it is still as `before` was read, or without `before` a new entry. False if it has changed. */
  async set<K extends keyof Kinds>(
    kind: K,
    id: string,
    record: Kinds[K],
    expiresAt: number,
    before?: Stored<Kinds[K]>,
  ): Promise<boolean> {
    const service = this.#service === USUAL_SERVICE ? undefined : this.#service;
    const text = writeRecord({ ...record, service });
    const isSet: unknown = await this.#asked((state) =>
      state.set(`${kind}:${id}`, text, before?.text, new Date(expiresAt), record.user),
    );
    if (typeof isSet !== 'boolean') throw fault('set() must return true or false');
    return isSet;
  }

  /** True for exactly one of several concurrent callers. */
  async delete(kind: keyof Kinds, id: string): Promise<boolean> {
    const isDeleted: unknown = await this.#asked((state) => state.delete(`${kind}:${id}`));
    if (typeof isDeleted !== 'boolean') throw fault('delete() must return true or false');
    return isDeleted;
  }

  /** All entries of a username, in any userstore. @throws ServiceUnavailableError also if an entry cannot be read */
  async list<K extends keyof Kinds>(kind: K, user: string): Promise<readonly Stored<Kinds[K]>[]> {
    const entries: unknown = await this.#asked((state) => state.list(user));
    if (!Array.isArray(entries)) throw fault('list() must return a list');
    const found: Stored<Kinds[K]>[] = [];
    for (const entry of entries as readonly unknown[]) {
      const [key, text] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
      if (typeof key !== 'string') throw fault('list() must return pairs of key and value');
      if (!key.startsWith(`${kind}:`)) continue;
      const record = READ[kind](text);
      // A store that compares owners loosely must not return the sessions of another user.
      if (record.user === user && this.#isOwn(record))
        found.push({ id: key.slice(kind.length + 1), text: text as string, record });
    }
    return found;
  }

  /** The text of an index of session keys. Undefined if it does not exist. */
  async getIndex(name: string): Promise<string | undefined> {
    const text: unknown = await this.#asked((state) => state.get(`oidc:${name}`));
    if (text !== undefined && text !== null && typeof text !== 'string') throw fault('a value must be text');
    return text ?? undefined;
  }

  /** False if the text is no longer `before`. */
  async setIndex(name: string, text: string, before: string | undefined, until: number): Promise<boolean> {
    const isSet: unknown = await this.#asked((state) =>
      state.set(`oidc:${name}`, text, before, new Date(until)),
    );
    if (typeof isSet !== 'boolean') throw fault('set() must return true or false');
    return isSet;
  }

  /** True for the first caller with this name only, until `expiresAt`. */
  async spend(name: string, expiresAt: number): Promise<boolean> {
    const isSet: unknown = await this.#asked((state) =>
      state.set(`once:${name}`, '{"v":1}', undefined, new Date(expiresAt)),
    );
    if (typeof isSet !== 'boolean') throw fault('set() must return true or false');
    return isSet;
  }

  #isOwn({ service = USUAL_SERVICE }: SessionRecord | HalfRecord): boolean {
    return this.#service === undefined || this.#service === service;
  }

  #asked<T>(ask: (state: StateStoreInterface) => MaybePromise<T>): MaybePromise<T> {
    return askStore(() => ask(this.#state));
  }
}

function fault(problem: string): SecurityFaultError {
  return new SecurityFaultError({ cause: new TypeError(`The state store: ${problem}`) });
}
