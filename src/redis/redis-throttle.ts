import { PROBLEM_SOURCE, type ProblemListener } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { MemoryCounter } from '../throttle/memory-counter';
import { Throttle, type ThrottleOptions } from '../throttle/throttle';
import { InsuredCounter } from './insured-counter';
import { checkRedisClient, type RedisClient } from './redis-client';
import { RedisCounter } from './redis-counter';
import { RedisLink } from './redis-link';

/**
 * Counts failed logins for all processes that share a Redis: `super({ throttle: new RedisThrottle(redis) })` in the
 * constructor of a `PasswordProvider`.
 *
 * Each process also keeps its own counts. If Redis does not answer within 100 ms, or refuses, logins go on with the
 * counts of the process, with a `degraded` event; Redis is tried again each second, and a `recovered` event reports
 * when it works again. A Redis restart without persistence loses all counts except those of the processes. Logins that
 * were under way when Redis stopped may stay counted as failures, for an hour at most.
 *
 * The client belongs to the app, which closes it. Give it `commandTimeout`, and run Redis with `noeviction`; otherwise
 * counts are dropped when its memory is full.
 */
export class RedisThrottle extends Throttle {
  readonly #problems: ProblemBoard;

  /** @throws ConfigurationError for unknown or out-of-bounds options, and if the client is not an ioredis client */
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
