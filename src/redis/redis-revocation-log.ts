import { randomBytes } from 'node:crypto';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import { checkRevocations } from '../state/limits';
import type { Revocation, RevocationLogInterface, RevocationPage } from '../state/revocation-log';
import { optional, wholeNumber } from '../util/option-kinds';
import { parseOptions } from '../util/parse-options';
import { APPEND, LOG_PROBE, READ } from './log-scripts';
import { checkRedisClient, type RedisClient } from './redis-client';
import { type RunScript, scriptOf } from './redis-script';
import { readEntry, writeEntry } from './revocation-entry';
import { StateLink } from './state-link';
import { prefixOption } from './state-prefix';

/** The options of {@link RedisRevocationLog}. */
export interface RedisRevocationLogOptions {
  /** The prefix of all keys; each app that shares a Redis needs its own. @default 'securest' */
  readonly prefix?: string;
  /** How long an entry is kept at least, in seconds: as long as the tokens that it revokes live. @default 86400 */
  readonly keepSeconds?: number;
}

const OPTIONS = {
  prefix: prefixOption,
  keepSeconds: optional(wholeNumber({ min: 1, max: 400 * 24 * 3600 }), 86_400),
};

/**
 * Announces revocations to all processes that share a Redis, in a stream that is trimmed by time. With ioredis 5 or 6,
 * a single Redis (7 or later) or a cluster.
 *
 * A page is `lost` if the log began anew (a restart without AOF, FLUSHALL), or if the entry of the cursor or the last
 * entry that this process appended is gone (a failover to a replica that lagged); the page then begins at the start. If
 * Redis does not answer within 500 ms, or refuses, a ServiceUnavailableError is thrown (503), with a `degraded` event;
 * a `recovered` event reports when it works again. An entry that cannot be read, such as one of a later version, is 503
 * too.
 *
 * The client belongs to the app, which closes it. Run Redis with `maxmemory-policy noeviction`; otherwise the log may
 * be dropped when its memory is full. Any other policy is reported as `misconfigured`.
 */
export class RedisRevocationLog implements RevocationLogInterface, ProblemSource {
  readonly keepSeconds: number;
  readonly #keys: readonly [stream: string, epoch: string];
  readonly #link: StateLink;
  readonly #append: RunScript;
  readonly #read: RunScript;
  /** The last entry of this process, until it has been read. */
  #appended: string | undefined;
  #isReported = false;

  /** @throws ConfigurationError for unknown or out-of-bounds options, and if the client is not an ioredis client */
  constructor(redis: RedisClient, options?: RedisRevocationLogOptions) {
    checkRedisClient('RedisRevocationLog', redis);
    const { prefix, keepSeconds } = parseOptions('RedisRevocationLog', options, OPTIONS);
    this.keepSeconds = keepSeconds;
    this.#keys = [`${prefix}:{revoked}:log`, `${prefix}:{revoked}:epoch`];
    this.#append = scriptOf(redis, APPEND);
    this.#read = scriptOf(redis, READ);
    const probe = scriptOf(redis, LOG_PROBE);
    this.#link = new StateLink({
      client: redis,
      component: 'RedisRevocationLog',
      probe: () => probe(`${prefix}:{revoked}:probe`),
      withoutRedis: 'revocations of other processes are not known here',
      withoutWrites: 'revocations of this process are not known to others',
    });
  }

  /** @throws TypeError for an invalid revocation; nothing is written then */
  async append(list: readonly Revocation[]): Promise<void> {
    checkRevocations(list);
    const entries = list.map(writeEntry);
    for (let start = 0; start < entries.length; start += MAX_APPENDED) {
      const some = entries.slice(start, start + MAX_APPENDED);
      const id = await this.#link.run('write', () => this.#append(...this.#keys, ...this.#terms(), ...some));
      if (!isId(id)) throw misread();
      this.#appended = id;
    }
  }

  async read(cursor?: string): Promise<RevocationPage> {
    const place = cursor === undefined ? undefined : placeOf(cursor);
    const answer = await this.#link.run('read', () =>
      this.#read(...this.#keys, ...this.#terms(), String(PAGE + 1), ...this.#expected(place)),
    );
    const { epoch, beganAt, isLost, rows } = readAnswer(answer);
    const page = rows.slice(0, PAGE);
    const list = page.map(({ fields }) => this.#revocation(fields)).filter((entry) => entry !== null);
    if (isLost || page.some(({ id }) => id === this.#appended)) this.#appended = undefined;
    const id = page.at(-1)?.id ?? place?.id;
    if (id === undefined) throw misread();
    return {
      cursor: `${epoch}/${id}`,
      list,
      epoch,
      beganAt,
      ...(isLost && { lost: true }),
      ...(rows.length > PAGE && { more: true }),
    };
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#link[PROBLEM_SOURCE](listener);
  }

  #terms(): [epoch: string, keepMs: string] {
    return [randomBytes(16).toString('hex'), String(this.keepSeconds * 1000)];
  }

  /** The epoch and entries that must exist; otherwise the log has lost entries. */
  #expected(place: Place | undefined): string[] {
    if (place === undefined) return [];
    return [place.epoch, place.id, ...(this.#appended === undefined ? [] : [this.#appended])];
  }

  #revocation(fields: unknown): Revocation | null {
    const entry = readEntry(fields);
    if (entry !== undefined) return entry;
    if (!this.#isReported) {
      this.#isReported = true;
      this.#link.report('the log of revocations has an entry of a form that is not known: it is not read');
    }
    throw misread();
  }
}

const PAGE = 1000;
const MAX_APPENDED = 500;

/** The position of a cursor. */
interface Place {
  readonly epoch: string;
  readonly id: string;
}

/** For a cursor of another log, a place in an epoch that does not exist, so that the page is `lost`. */
function placeOf(cursor: string): Place {
  const [, epoch, id] = /^([0-9a-f]{32})\/(\d{1,19}-\d{1,19})$/.exec(cursor) ?? [];
  return epoch === undefined || id === undefined ? { epoch: 'none', id: '0-1' } : { epoch, id };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}-\d{1,19}$/.test(value);
}

interface Row {
  readonly id: string;
  readonly fields: unknown;
}

function readAnswer(answer: unknown): { epoch: string; beganAt: number; isLost: boolean; rows: Row[] } {
  const [told, lost, found] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
  const [, epoch, time] = /^1 ([0-9a-f]{32}) (\d{1,15})$/.exec(String(told)) ?? [];
  const isRead = (lost === 'yes' || lost === 'no') && Array.isArray(found);
  if (epoch === undefined || !isRead) throw misread();
  const rows = (found as readonly unknown[]).map((row) => {
    const [id, fields] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (!isId(id)) throw misread();
    return { id, fields };
  });
  return { epoch, beganAt: Number(time), isLost: lost === 'yes', rows };
}

function misread(): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error('Redis answered in a form that is not known') });
}
