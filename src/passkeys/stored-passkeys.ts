/** The passkeys of an app in its store. Every answer of the store is checked. */
import type { FactorOwner } from '../factors/second-factor';
import type { PasskeyRecord, PasskeyStoreInterface } from '../factors/factor-stores';
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError } from '../errors';
import { askStore } from '../state/ask-store';
import { isBase64url } from './responses';

const MAX_COUNTER = 0xffff_ffff;

export class StoredPasskeys {
  readonly #store: PasskeyStoreInterface;

  constructor(store: PasskeyStoreInterface) {
    this.#store = store;
  }

  /** Undefined if the passkey does not exist. @throws ServiceUnavailableError when the store is unavailable */
  async get(id: string): Promise<PasskeyRecord | undefined> {
    const record: unknown = await this.#asked((store) => store.getPasskey(id));
    if (record === null || record === undefined) return undefined;
    if (isPasskey(record) && record.id === id) return record;
    throw fault('getPasskey() must return a PasskeyRecord of this id, null or undefined');
  }

  /** The passkeys of one user, the newest first. @throws ServiceUnavailableError when the store is unavailable */
  async list(user: FactorOwner): Promise<readonly PasskeyRecord[]> {
    const records: unknown = await this.#asked((store) => store.listPasskeys(user));
    if (!Array.isArray(records)) throw fault('listPasskeys() must return a list');
    return Array.from(records as readonly unknown[], (record) => {
      if (isPasskey(record)) return record;
      throw fault('listPasskeys() must return PasskeyRecords');
    })
      .filter((record) => isOwner(record.user, user))
      .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  }

  add(passkey: PasskeyRecord): Promise<boolean> {
    return this.#decided('addPasskey', (store) => store.addPasskey(passkey));
  }

  /** False if the passkey has changed since it was read. */
  update(next: PasskeyRecord, previous: PasskeyRecord): Promise<boolean> {
    return this.#decided('updatePasskey', (store) => store.updatePasskey(next, previous));
  }

  remove(user: FactorOwner, id: string): Promise<boolean> {
    return this.#decided('removePasskey', (store) => store.removePasskey(user, id));
  }

  async #decided(
    name: string,
    ask: (store: PasskeyStoreInterface) => MaybePromise<unknown>,
  ): Promise<boolean> {
    const answer = await this.#asked(ask);
    if (typeof answer !== 'boolean') throw fault(`${name}() must return true or false`);
    return answer;
  }

  #asked(ask: (store: PasskeyStoreInterface) => MaybePromise<unknown>): MaybePromise<unknown> {
    return askStore(() => ask(this.#store));
  }
}

/** Whether both mean the same person: a later user of the same name is another person. */
export function isOwner(one: FactorOwner, other: FactorOwner): boolean {
  return one.username === other.username && one.userstore === other.userstore && one.userId === other.userId;
}

function isPasskey(value: unknown): value is PasskeyRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, user, userHandle, publicKey, counter, device, transports, name, createdAt, lastUsedAt } =
    value as Partial<Record<keyof PasskeyRecord, unknown>>;
  return (
    isBytes(id) &&
    isBytes(userHandle) &&
    isBytes(publicKey) &&
    isFactorOwner(user) &&
    typeof counter === 'number' &&
    Number.isInteger(counter) &&
    counter >= 0 &&
    counter <= MAX_COUNTER &&
    (device === 'single' || device === 'multi') &&
    Array.isArray(transports) &&
    Array.from(transports as readonly unknown[]).every((transport) => typeof transport === 'string') &&
    typeof name === 'string' &&
    isDate(createdAt) &&
    (lastUsedAt === undefined || isDate(lastUsedAt))
  );
}

function isFactorOwner(value: unknown): value is FactorOwner {
  const { username, userstore, userId } = Object(value) as Partial<Record<keyof FactorOwner, unknown>>;
  return (
    typeof username === 'string' &&
    username !== '' &&
    (userstore === undefined || typeof userstore === 'string') &&
    (userId === undefined || typeof userId === 'string')
  );
}

function isBytes(value: unknown): value is string {
  return typeof value === 'string' && isBase64url(value);
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && Number.isFinite(value.getTime());
}

function fault(problem: string): SecurityFaultError {
  return new SecurityFaultError({ cause: new TypeError(`The store of passkeys: ${problem}`) });
}
