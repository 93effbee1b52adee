/** The sessions of an app in its state store. What the store answers is looked at before it counts. */
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError } from '../errors';
import { askStore } from '../state/ask-store';
import type { StateStoreInterface } from '../state/state-store';
import { chained } from '../util/maybe-promise';
import { KnownRecords } from './known-records';
import { type HalfRecord, readHalf, readSession, type SessionRecord, writeRecord } from './session-record';

/** An entry as it was read, with the text that a change is held against. */
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

/** As many as are in use at once on a busy server, each of about a kilobyte. */
const MAX_KNOWN = 5000;
/** Of services that do not name their cookie otherwise. */
export const USUAL_SERVICE = 'session';

export class SessionStore {
  readonly #state: StateStoreInterface;
  readonly #service: string | undefined;
  readonly #known: { readonly [K in keyof Kinds]: KnownRecords<Kinds[K]> } = {
    ses: new KnownRecords(MAX_KNOWN),
    half: new KnownRecords(MAX_KNOWN),
  };

  /** @param service whose entries they are: those of others in the same state are nobody's; undefined for all */
  constructor(state: StateStoreInterface, service?: string) {
    this.#state = state;
    this.#service = service;
  }

  /** The entries of all services in the state, for who ends them whichever service they are of. */
  ofAll(): SessionStore {
    return new SessionStore(this.#state);
  }

  /**
   * Undefined where there is none. At once where the state answers at once.
   * @throws ServiceUnavailableError when it cannot say, or the entry is of a later version
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

  /** Writes one where it still is as it was read; a new one without `before`. False where it no longer is. */
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

  /** True for exactly one of several callers. */
  async delete(kind: keyof Kinds, id: string): Promise<boolean> {
    const isDeleted: unknown = await this.#asked((state) => state.delete(`${kind}:${id}`));
    if (typeof isDeleted !== 'boolean') throw fault('delete() must return true or false');
    return isDeleted;
  }

  /** All of a name, in whichever userstore. @throws ServiceUnavailableError also for one that cannot be read */
  async list<K extends keyof Kinds>(kind: K, user: string): Promise<readonly Stored<Kinds[K]>[]> {
    const entries: unknown = await this.#asked((state) => state.list(user));
    if (!Array.isArray(entries)) throw fault('list() must return a list');
    const found: Stored<Kinds[K]>[] = [];
    for (const entry of entries as readonly unknown[]) {
      const [key, text] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
      if (typeof key !== 'string') throw fault('list() must return pairs of key and value');
      if (!key.startsWith(`${kind}:`)) continue;
      const record = READ[kind](text);
      // A store that compares owners otherwise must not hand out the sessions of somebody else.
      if (record.user === user && this.#isOwn(record))
        found.push({ id: key.slice(kind.length + 1), text: text as string, record });
    }
    return found;
  }

  /** The text of a list of ids. Undefined where there is none. */
  async getIndex(name: string): Promise<string | undefined> {
    const text: unknown = await this.#asked((state) => state.get(`oidc:${name}`));
    if (text !== undefined && text !== null && typeof text !== 'string') throw fault('a value must be text');
    return text ?? undefined;
  }

  /** False where it is no longer `before`. */
  async setIndex(name: string, text: string, before: string | undefined, until: number): Promise<boolean> {
    const isSet: unknown = await this.#asked((state) =>
      state.set(`oidc:${name}`, text, before, new Date(until)),
    );
    if (typeof isSet !== 'boolean') throw fault('set() must return true or false');
    return isSet;
  }

  /** True for the first caller only, until the end of what it spends. */
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
