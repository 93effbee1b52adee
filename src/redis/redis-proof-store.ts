import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { ConfigurationError, ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, optional } from '../util/option-kinds';
import { parseOptions } from '../util/parse-options';
import { RedisLink } from './redis-link';

/** The part of an ioredis client (5 or 6) that is used: a `Redis` or a `Cluster`. */
export interface RedisProofClient {
  set(key: string, value: string, unit: 'PX', milliseconds: number, condition: 'NX'): Promise<unknown>;
}

/** The options of {@link RedisProofStore}. */
export interface RedisProofStoreOptions {
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

const OPTIONS = { clock: optional(callable<Clock>(), Date.now) };

const PREFIX = 'securest:proof:';
const PROBE_MS = 10_000;

/**
 * Records used DPoP proofs for all processes that share a Redis: `dpop: { replays: new RedisProofStore(redis) }`.
 *
 * If Redis does not answer within 100 ms, or refuses, requests with a proof get 503, with a `degraded` event: without
 * Redis a proof could be accepted twice. Redis is tried again each second, and a `recovered` event reports when it
 * works again. A proof that Redis loses by a restart or a failover can be accepted once more while it is valid.
 *
 * The client belongs to the app, which closes it. Give it `commandTimeout`, and run Redis with `noeviction`; otherwise
 * proofs are dropped when its memory is full.
 */
export class RedisProofStore implements ProblemSource {
  readonly #problems = new ProblemBoard();
  readonly #link: RedisLink;
  readonly #clock: Clock;

  /** @throws ConfigurationError for unknown options, and if the client is not an ioredis client */
  constructor(
    private readonly client: RedisProofClient,
    options?: RedisProofStoreOptions,
  ) {
    if (typeof (client as Partial<RedisProofClient> | null | undefined)?.set !== 'function') {
      throw new ConfigurationError(
        'RedisProofStore needs a client of ioredis: new RedisProofStore(new Redis(url))',
      );
    }
    this.#clock = parseOptions('RedisProofStore', options, OPTIONS).clock;
    const probe = async (): Promise<unknown> => client.set(`${PREFIX}probe`, '1', 'PX', PROBE_MS, 'NX');
    this.#link = new RedisLink(probe, (isUp, refusal) => {
      this.#problems.report({
        type: isUp ? 'recovered' : 'degraded',
        component: 'RedisProofStore',
        problem: isUp
          ? 'proofs are recorded in Redis again'
          : `${refusal ?? 'Redis does not answer'}: requests with a proof are refused with 503`,
      });
    });
  }

  /**
   * @returns true if the id was new
   * @throws ServiceUnavailableError if Redis does not answer in time, or refuses
   */
  async add(id: string, expiresAt: Date): Promise<boolean> {
    const milliseconds = Math.ceil(expiresAt.getTime() - this.#clock());
    // An expired proof cannot be recorded, so it could be used again.
    if (!(milliseconds > 0)) return false;
    const answer = await this.#link.run(async () => ({
      told: await this.client.set(`${PREFIX}${id}`, '1', 'PX', milliseconds, 'NX'),
    }));
    if (answer?.told === 'OK') return true;
    if (answer?.told === null) return false;
    throw new ServiceUnavailableError({ cause: new Error('Redis did not tell whether a proof is new') });
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }
}
