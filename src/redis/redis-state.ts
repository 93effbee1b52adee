import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import { checkEntry, checkKey, checkOwner } from '../state/limits';
import type { StateStoreInterface } from '../state/state-store';
import { optional, wholeNumber } from '../util/option-kinds';
import { parseOptions } from '../util/parse-options';
import { checkRedisClient, type RedisClient } from './redis-client';
import { RedisRevocationLog } from './redis-revocation-log';
import { type RunScript, type Script, scriptOf } from './redis-script';
import { StateLink } from './state-link';
import { prefixOption } from './state-prefix';
import { ADD_TO_OWNER, DELETE, GET, MADE, MEMBERS, PROBE, REMOVE_DEAD, SET } from './state-scripts';
import { StateWriter, type Written } from './state-writer';

/** The options of {@link RedisState}. */
export interface RedisStateOptions {
  /** The prefix of all keys; each app that shares a Redis needs its own. @default 'securest' */
  readonly prefix?: string;
  /**
   * How many replicas must have a write before it counts; if fewer have it after 100 ms, the result is 503. Then a
   * failover restores no entry that was ended. Not supported with a cluster client. @default 0
   */
  readonly replicas?: number;
}

const OPTIONS = { prefix: prefixOption, replicas: optional(wholeNumber({ min: 0, max: 10 }), 0) };

/**
 * Keeps token families, API keys and sessions in Redis, for all processes that share it. Entries expire by the clock of
 * Redis. With ioredis 5 or 6, a single Redis (7 or later) or a cluster.
 *
 * If Redis does not answer within 500 ms, or refuses, a ServiceUnavailableError is thrown (503), with a `degraded`
 * event; a `recovered` event reports when it works again. A write that Redis starts after its caller has stopped
 * waiting does not take effect. If Redis is full, entries can still be read and deleted.
 *
 * The client belongs to the app, which closes it. Run Redis with `maxmemory-policy noeviction`; otherwise entries are
 * dropped when its memory is full. Any other policy is reported as `misconfigured`. Without AOF a restart loses all
 * entries, which logs all users out; with `appendfsync everysec`, the default, it loses the writes of the last second.
 *
 * @example
 * const state = new RedisState(new Redis(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false }));
 */
export class RedisState implements StateStoreInterface, ProblemSource {
  /** The revocation log with the same Redis and prefix, which keeps entries for a day. */
  readonly revocationLog: RedisRevocationLog;
  readonly #prefix: string;
  readonly #replicas: number;
  readonly #link: StateLink;
  readonly #writer: StateWriter;
  readonly #get: RunScript;
  readonly #members: RunScript;

  /**
   * @throws ConfigurationError for unknown or out-of-bounds options, if the client is not an ioredis client, and for
   * `replicas` with a cluster client
   */
  constructor(redis: RedisClient, options?: RedisStateOptions) {
    checkRedisClient('RedisState', redis);
    const { prefix, replicas } = parseOptions('RedisState', options, OPTIONS);
    this.#prefix = prefix;
    this.#replicas = replicas;
    this.#writer = new StateWriter(redis, replicas, [SET, DELETE, ADD_TO_OWNER, MADE, REMOVE_DEAD, PROBE]);
    this.#get = scriptOf(redis, GET);
    this.#members = scriptOf(redis, MEMBERS);
    this.#link = new StateLink({
      client: redis,
      component: 'RedisState',
      probe: () => this.#writer.run(PROBE, `${prefix}:probe`),
      withoutRedis: 'requests that need its state are refused with 503',
      withoutWrites: 'its entries can be read, and changes are refused with 503',
    });
    this.revocationLog = new RedisRevocationLog(redis, { prefix });
  }

  async get(key: string): Promise<string | null> {
    checkKey(key);
    const value = await this.#link.run('read', () => this.#get(this.#entry(key)));
    if (value === null || typeof value === 'string') return value;
    throw new ServiceUnavailableError({ cause: new Error('Redis answered in a form that is not known') });
  }

  async set(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): Promise<boolean> {
    checkEntry(key, value, previous, expiresAt, owner, Date.now());
    const until = Math.max(0, Math.ceil(expiresAt.getTime()));
    if (owner === undefined) return this.#set(key, value, previous, until);
    // Before the entry is written: if this process ended in between, the entry would not be in its owner's list, and
    // could not be ended by its owner.
    const isNew = previous === undefined;
    const added = await this.#write(
      ADD_TO_OWNER,
      this.#owner(owner),
      String(KEEP_OWNER_MS),
      key,
      isNew ? 'new' : 'same',
    );
    const isSet = await this.#set(key, value, previous, until);
    // No caller needs to wait for this: the mark leaves the set later anyway. If the set already had the key from a
    // former entry, another process may be about to remove it, so the mark must stay to show that the entry is in the
    // making.
    if (isNew && added.done)
      this.#write(MADE, this.#owner(owner), `${key} ${String(added.now)}`).catch(() => undefined);
    return isSet;
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    // A full Redis accepts no writes except deletes.
    const kind = this.#replicas > 0 ? 'write' : 'read';
    return (await this.#writer.write(this.#link, kind, DELETE, this.#entry(key))).done;
  }

  async list(owner: string): Promise<readonly (readonly [key: string, value: string])[]> {
    checkOwner(owner);
    const members = await this.#link.run('read', () => this.#members(this.#owner(owner)));
    const { keys, makings } = membersOf(members);
    const live: [string, string][] = [];
    for (let start = 0; start < keys.length; start += MAX_AT_ONCE) {
      const some = keys.slice(start, start + MAX_AT_ONCE);
      const values = await Promise.all(some.map((key) => this.get(key)));
      const dead: string[] = [];
      for (const [index, key] of some.entries()) {
        const value = values[index];
        if (typeof value === 'string') live.push([key, value]);
        else dead.push(makings.get(key) ?? key);
      }
      if (dead.length > 0) await this.#removeDead(owner, dead);
    }
    return live;
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#link[PROBLEM_SOURCE](listener);
  }

  async #set(key: string, value: string, previous: string | undefined, until: number): Promise<boolean> {
    const expected = previous === undefined ? [] : [previous];
    return (await this.#write(SET, this.#entry(key), value, String(until), ...expected)).done;
  }

  /** Removes keys of entries that do not exist. They do no harm, so an error is ignored and they stay. */
  async #removeDead(owner: string, dead: readonly string[]): Promise<void> {
    const key = this.#owner(owner);
    await this.#write(REMOVE_DEAD, key, String(MAX_MAKING_MS), ...dead).catch(() => undefined);
  }

  #write(script: Script, key: string, ...values: readonly string[]): Promise<Written> {
    return this.#writer.write(this.#link, 'write', script, key, ...values);
  }

  #entry(key: string): string {
    return `${this.#prefix}:state:${key}`;
  }

  #owner(owner: string): string {
    return `${this.#prefix}:owner:${owner}`;
  }
}

/** The longest life of an entry after it was written. */
const KEEP_OWNER_MS = 400 * 24 * 3600 * 1000;
/** How many entries are read at once. */
const MAX_AT_ONCE = 100;
/** Far longer than a write may take. */
const MAX_MAKING_MS = 60_000;

interface Members {
  readonly keys: readonly string[];
  /** For the key of each entry in the making: its member of the set that also has the time. */
  readonly makings: ReadonlyMap<string, string>;
}

function membersOf(answer: unknown): Members {
  const list: readonly unknown[] = Array.isArray(answer) ? answer : [undefined];
  if (!list.every((member) => typeof member === 'string')) {
    throw new ServiceUnavailableError({ cause: new Error('Redis answered in a form that is not known') });
  }
  const makings = list.filter((member) => member.includes(' '));
  return {
    keys: list.filter((member) => !member.includes(' ')),
    makings: new Map(makings.map((member) => [member.slice(0, member.indexOf(' ')), member])),
  };
}
