/**
 * API keys: long random strings that a user gives to programs. An app's service extends {@link ApiKeys} and hands
 * itself to an ApiKeyProvider, which reads them from requests.
 */
import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import { type ApiKeyEvent, PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import type { StateStoreInterface } from '../state/state-store';
import { hold, release } from '../components/holders';
import type { LookupListener } from '../core/observer';
import type { UserName } from '../core/named-user';
import type { MaybePromise } from '../core/userstore';
import { AccessDeniedError } from '../errors';
import type { Clock } from '../util/clock';
import { chained } from '../util/maybe-promise';
import { isSameSecret } from '../util/same-secret';
import { Turns } from '../util/turns';
import { type ApiKeysOptions, type ApiKeysSettings, checkApiKeysOptions } from './api-keys-options';
import { KeyCache } from './key-cache';
import { digestOf, hintOf, isKeyId, newKey, readKey } from './key-form';
import { checkKeyLogin, placeOf } from './key-login';
import { isOwnedBy, type KeyOwner, ownerOf } from './key-owner';
import type { KeyRow, NamedKey, StoredKey } from './key-row';
import { LastUses } from './last-uses';
import { checkNewKey, type NewApiKey, refused } from './new-key';
import { StoredKeys } from './stored-keys';

/** The public facts of a key. They do not allow anyone to use it. */
export interface ApiKeyInfo {
  readonly id: string;
  readonly name: string;
  /** The start and the end of the key: `notes_2Kb3…px5N`. */
  readonly hint: string;
  /** The scopes that the key is limited to; absent if it has no limit. */
  readonly scopes?: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt?: Date;
}

/** A new key. The key itself cannot be shown again later. */
export interface CreatedApiKey {
  readonly key: string;
  readonly info: ApiKeyInfo;
}

/** The functions of an app's keys for a provider. */
export interface KeyVerifier {
  readonly prefix: string;
  /** Whether a provider of these keys has started and has not been closed. */
  readonly hasApp: () => boolean;
  /**
   * The stored key for a text, if the key is right and has not ended. Synchronous if the store answers synchronously.
   * @param onLookup is called with true if the key was cached
   */
  find(text: string, onLookup?: LookupListener): MaybePromise<StoredKey | undefined>;
  /** Whether the key is still valid for a user with this `tokensValidFrom`. */
  hasStamp(key: StoredKey, stamp: number): boolean;
  noteUse(key: StoredKey): void;
  onStart(app: AppFacts): void;
  forget(username: string): void;
  close(): Promise<void>;
  /** Listens for problems of the state store. */
  listen(listener: ProblemListener): () => void;
}

/** The optional members of a state store. */
type LivingState = StateStoreInterface & Partial<ProblemSource> & { close?(): void | Promise<void> };

const MAX_WAITING = 1000;
const MAX_TRIES = 5;
const DAY_MS = 24 * 60 * 60 * 1000;
const ENDING_IS_IN_VAIN =
  "whenPasswordChanges: 'end' ends nothing for users of a userstore without tokensValidFrom";

let verifierIn: (keys: ApiKeys) => KeyVerifier;
let isOne: (value: unknown) => value is ApiKeys;

/**
 * Creates, lists and revokes the API keys of users: `<prefix>_<id>_<secret><checksum>`. Only a hash of the secret is
 * stored. A key is valid as long as its user exists and is active, with the roles that the user has at the time of the
 * request.
 *
 * @example
 * ```ts
 * @Service()
 * class Keys extends ApiKeys {
 *   constructor() {
 *     super({ state: new SqlState({ client: pool }), prefix: 'notes' });
 *   }
 * }
 * ```
 */
export class ApiKeys {
  readonly #settings: ApiKeysSettings;
  readonly #stored: StoredKeys;
  readonly #uses: LastUses;
  readonly #cache: KeyCache;
  readonly #turns = new Turns(MAX_WAITING);
  readonly #verifier: KeyVerifier;
  #clock: Clock;
  #app: AppFacts | undefined;
  #isInVain = false;

  static {
    verifierIn = (keys) => keys.#verifier;
    isOne = (value): value is ApiKeys => typeof value === 'object' && value !== null && #verifier in value;
  }

  /** @throws ConfigurationError for options that are unknown, missing or out of bounds */
  constructor(options: ApiKeysOptions) {
    const settings = checkApiKeysOptions(new.target.name, options);
    this.#settings = settings;
    this.#clock = settings.clock ?? Date.now;
    this.#stored = new StoredKeys(settings.state);
    this.#uses = new LastUses(settings.state);
    this.#cache = new KeyCache(settings.cacheMs, () => this.#clock());
    this.#verifier = this.#toVerifier();
  }

  /**
   * Creates a key for the user of a login.
   * @param key the properties of the key; they may come from a client
   * @returns the key, which cannot be shown again later, and its public facts
   * @throws InvalidRequestError (400) for an invalid name, scopes or days, and when the user already has `maxPerUser`
   * keys
   * @throws AccessDeniedError (403) for a login by a key, and when the key would exceed the scopes that the login is
   * limited to
   * @throws TypeError for a login with a user of no userstore, or that is bound to a key of the client
   * @throws ServiceUnavailableError (503) when the state store does not answer; the key may have been created
   * nevertheless
   */
  async create(user: Authentication, key: NewApiKey): Promise<CreatedApiKey> {
    checkKeyLogin(user);
    const { maxDays, defaultDays } = this.#settings;
    const { days, ...wish } = checkNewKey(key, { max: maxDays, default: defaultDays });
    refuseWider(user, wish.scopes);
    const owner = await ownerOf(user, placeOf(user)?.app ?? this.#app);
    if (owner.hasStamp === false) this.#reportInVain();
    // One after the other: of several at the same time, each would find too many keys, including its own.
    const made = await this.#turns.run(`${owner.userstore ?? ''}:${owner.user}`, () =>
      this.#insert({ ...owner, stamp: user.stamp }, wish, days),
    );
    this.#emit('key_created', made.key, user);
    return { key: made.text, info: infoOf(made.key) };
  }

  /**
   * The keys of a user that have not ended, the newest first.
   * @throws ServiceUnavailableError when the state store does not answer
   */
  async list(user: Authentication | UserName): Promise<readonly ApiKeyInfo[]> {
    const owner = await ownerOf(user, placeOf(user)?.app ?? this.#app);
    const keys = await this.#of(owner);
    return keys.toSorted((one, other) => other.createdAt - one.createdAt).map(infoOf);
  }

  /**
   * Revokes a key: in this process at once, in other processes within `cacheMs`.
   * @returns false if the user has no such key
   * @throws ServiceUnavailableError when the state store does not answer; the key may have ended nevertheless
   */
  async revoke(user: Authentication | UserName, id: string): Promise<boolean> {
    const owner = await ownerOf(user, placeOf(user)?.app ?? this.#app);
    if (!isKeyId(id)) return false;
    const key = await this.#stored.get(id);
    if (key === undefined || !this.#isOf(key, owner)) return false;
    this.#cache.end(id);
    const isEnded = await this.#stored.end(id);
    // Once more, since the key may have been read and cached in between.
    this.#cache.end(id);
    if (isEnded) this.#emit('key_ended', key, user);
    return isEnded;
  }

  async #insert(
    owner: KeyOwner & { readonly stamp: number },
    wish: Pick<KeyRow, 'name' | 'scopes'>,
    days: number,
  ): Promise<{ text: string; key: NamedKey }> {
    const { prefix, maxPerUser } = this.#settings;
    for (let tries = 1; ; tries += 1) {
      if ((await this.#of(owner)).length >= maxPerUser)
        throw refused('the user has the maximum number of API keys');
      const { id, secret, text } = newKey(prefix);
      const createdAt = this.#clock();
      const row: KeyRow = {
        prefix,
        user: owner.user,
        userstore: owner.userstore,
        userId: owner.person?.id,
        stamp: owner.stamp,
        ...wish,
        hint: hintOf(prefix, { id, text }),
        digest: digestOf(secret),
        createdAt,
        expiresAt: createdAt + days * DAY_MS,
        lastUsedAt: undefined,
      };
      if (await this.#stored.insert(id, row)) {
        // The last of several callers sees all other keys, so that never too many stay.
        if ((await this.#of(owner)).length <= maxPerUser) return { text, key: { ...row, id } };
        await this.#stored.end(id);
      }
      if (tries >= MAX_TRIES) throw refused('others are made at the same time');
    }
  }

  async #of(owner: KeyOwner): Promise<readonly StoredKey[]> {
    const keys = await this.#stored.of(owner.user);
    return keys.filter((key) => this.#isOf(key, owner));
  }

  #isOf(key: StoredKey, owner: KeyOwner): boolean {
    return key.prefix === this.#settings.prefix && isOwnedBy(key, owner) && this.#isLive(key);
  }

  #isLive({ expiresAt }: StoredKey): boolean {
    return this.#clock() < expiresAt;
  }

  #toVerifier(): KeyVerifier {
    const { prefix, whenPasswordChanges, clock } = this.#settings;
    const state: LivingState = this.#settings.state;
    return {
      prefix,
      hasApp: () => this.#app !== undefined,
      find: (text, onLookup) => this.#find(text, onLookup),
      hasStamp: (key, stamp) => whenPasswordChanges === 'keep' || key.stamp === stamp,
      noteUse: (key) => {
        this.#uses.note(key, this.#clock());
      },
      onStart: (app) => {
        if (this.#app === undefined) hold(state);
        this.#app = app;
        if (clock === undefined) this.#clock = app.clock;
      },
      forget: (username) => {
        this.#cache.forget(username);
      },
      close: async () => {
        this.#cache.clear();
        if (this.#app === undefined) return;
        this.#app = undefined;
        if (release(state)) await state.close?.();
      },
      listen: (listener) => state[PROBLEM_SOURCE]?.(listener) ?? (() => undefined),
    };
  }

  #find(text: string, onLookup?: LookupListener): MaybePromise<StoredKey | undefined> {
    const parts = readKey(this.#settings.prefix, text);
    if (parts === undefined) return undefined;
    const digest = digestOf(parts.secret);
    const isRight = (key: StoredKey): boolean =>
      isSameSecret(key.digest, digest) && key.prefix === this.#settings.prefix && this.#isLive(key);
    const known = this.#cache.get(parts.id);
    if (this.#settings.cacheMs > 0) onLookup?.(known !== undefined);
    if (known !== undefined) return isRight(known) ? known : undefined;
    const { changes } = this.#cache;
    return chained(this.#stored.find(parts.id), (key) => {
      if (key === undefined || !isRight(key)) return undefined;
      this.#cache.add(key, changes);
      return key;
    });
  }

  #emit(
    type: ApiKeyEvent['type'],
    { id, user, userstore, hint }: NamedKey,
    login: Authentication | UserName,
  ): void {
    const { app = this.#app, request } = placeOf(login) ?? {};
    // Events also name the only store of an app whose providers bring users of their own.
    const store = login instanceof Authentication ? (login.source?.name ?? userstore) : userstore;
    app?.emit({ type, user, keyId: id, hint }, { userstore: store, request });
  }

  #reportInVain(): void {
    if (this.#isInVain || this.#settings.whenPasswordChanges === 'keep') return;
    this.#isInVain = true;
    this.#app?.report({ component: this.constructor.name, problem: ENDING_IS_IN_VAIN });
  }
}

/** For a provider. Apps do not need it, so it is not a member. */
export function verifierOf(keys: ApiKeys): KeyVerifier {
  return verifierIn(keys);
}

export function isApiKeys(value: unknown): value is ApiKeys {
  return isOne(value);
}

/** A key outlives the login, so it must not exceed the scopes of the login. */
function refuseWider({ scopes: limits }: Authentication, scopes: readonly string[] | undefined): void {
  if (limits === undefined) return;
  if (scopes?.every((scope) => limits.includes(scope)) === true) return;
  throw new AccessDeniedError({ cause: new Error('The login is limited to scopes that the key is not') });
}

function infoOf({ id, name, hint, scopes, createdAt, expiresAt, lastUsedAt }: NamedKey): ApiKeyInfo {
  return {
    id,
    name,
    hint,
    ...(scopes !== undefined && { scopes }),
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt) }),
  };
}
