import { PROBLEM_SOURCE, type ProblemListener } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { MemoryCounter } from '../throttle/memory-counter';
import { Throttle, type ThrottleOptions } from '../throttle/throttle';
import { InsuredCounter } from './insured-counter';
import { checkRedisClient, type RedisClient } from './redis-client';
import { RedisCounter } from './redis-counter';
import { RedisLink } from './redis-link';

/**
 * Counts failed logins for all processes that share a Redis: `super({ throttle: new RedisThrottle(redis) })` in
 * the constructor of a `PasswordProvider`.
 *
 * Each process counts for itself too. Where Redis does not answer within 100 ms, or refuses, logins go on under
 * the counts of the process, with a `degraded` event; Redis is tried again each second, and a `recovered` event
 * tells when it is back. A restart without persistence loses all counts but those of the process.
 * Logins that were under way when Redis stopped may stay counted as failures, for an hour at most.
 *
 * The client stays the app's: `close()` does not end it. Give it `commandTimeout`, and run Redis with `noeviction`,
 * or counts are dropped when its memory is full.
 */
export class RedisThrottle extends Throttle {
  readonly #problems: ProblemBoard;

  /** @throws ConfigurationError for options that are unknown or out of bounds, and when the client is not of ioredis */
  constructor(client: RedisClient, options?: ThrottleOptions) {
    checkRedisClient('RedisThrottle', client);
    const problems = new ProblemBoard();
    const probed = new RedisCounter(client, 'probe', 10);
    const link = new RedisLink(
      () => probed.add('probe'),
      (isUp, refusal) => {
        problems.report({
          type: isUp ? 'recovered' : 'degraded',
          component: 'RedisThrottle',
          problem: isUp
            ? 'failed logins are counted in Redis again'
            : `${refusal ?? 'Redis does not answer'}: failed logins are counted by each process for itself`,
        });
      },
    );
    super(
      options,
      ({ name, seconds, maxKeys }) =>
        new InsuredCounter(
          link,
          new RedisCounter(client, name, seconds),
          new MemoryCounter(seconds, maxKeys),
        ),
    );
    this.#problems = problems;
  }

  override [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }
}
