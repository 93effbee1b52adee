import { ConfigurationError, ServiceUnavailableError } from '../errors';
import type { RedisClient } from './redis-client';
import { type Script, scriptOf } from './redis-script';
import { RedisTime } from './redis-time';
import { type StateLink, TooFewReplicasError } from './state-link';

/** As much of an ioredis client as waits for replicas. */
interface Pipelined {
  pipeline(): {
    eval(lua: string, numberOfKeys: number, ...values: readonly string[]): unknown;
    wait(replicas: number, milliseconds: number): unknown;
    exec(): Promise<unknown>;
  };
}

/** What became of a write, and the time of Redis then. */
export interface Written {
  readonly done: boolean;
  readonly now: number;
}

type Run = (script: Script, values: readonly string[]) => Promise<unknown>;

/** Runs scripts that write, for a caller who is still waiting, and until enough replicas have what was written. */
export class StateWriter {
  readonly #run: Run;
  readonly #time = new RedisTime();

  /** @throws ConfigurationError when replicas are to be waited for with a client that cannot */
  constructor(client: RedisClient, replicas: number, scripts: readonly Script[]) {
    const runs = new Map(scripts.map((script) => [script, scriptOf(client, script)]));
    this.#run =
      replicas > 0 ? replicated(client, replicas) : async (script, values) => runs.get(script)?.(...values);
  }

  /** Runs one that has no deadline; resolves when the replicas have it. */
  async run(script: Script, key: string, ...values: readonly string[]): Promise<unknown> {
    return this.#run(script, [key, ...values]);
  }

  /**
   * @param kind 'read' for what a full Redis does too
   * @throws ServiceUnavailableError where it is not known what became of it
   */
  async write(
    link: StateLink,
    kind: 'read' | 'write',
    script: Script,
    key: string,
    ...values: readonly string[]
  ): Promise<Written> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const answer = await link.run(kind, async () =>
        this.#run(script, [key, String(this.#time.deadline()), ...values]),
      );
      const [status, now] = readAnswer(answer);
      this.#time.heard(now);
      if (status !== 'late') return { done: status === 'yes', now };
    }
    throw new ServiceUnavailableError({ cause: new Error('Redis came to a write too late') });
  }
}

/** The second with the time that Redis has told. */
const MAX_TRIES = 2;
const WAIT_MS = 100;

function readAnswer(answer: unknown): ['yes' | 'no' | 'late', number] {
  const [status, time] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
  const now = Number(time);
  if ((status === 'yes' || status === 'no' || status === 'late') && Number.isSafeInteger(now) && now > 0) {
    return [status, now];
  }
  throw new ServiceUnavailableError({ cause: new Error('Redis answered in a form that is not known') });
}

/**
 * In one pipeline, which a client sends again whole or not at all: on another connection WAIT would not wait for this
 * write. The whole text of the script, since no script that a server does not know is sent again within a pipeline.
 */
function replicated(client: RedisClient, replicas: number): Run {
  const { isCluster, pipeline } = client as { isCluster?: unknown; pipeline?: unknown };
  if (isCluster === true || client.constructor.name === 'Cluster') {
    throw new ConfigurationError(
      'RedisState: replicas cannot be waited for in a cluster, where a command goes to any of its masters',
    );
  }
  if (typeof pipeline !== 'function') {
    throw new ConfigurationError('RedisState: replicas needs a client of ioredis, which has pipeline()');
  }
  return async ({ lua, keys }, values) => {
    const sent = (client as unknown as Pipelined).pipeline();
    sent.eval(lua, keys, ...values);
    sent.wait(replicas, WAIT_MS);
    const answers = await sent.exec();
    const [[error, answer], [waitError, count]] = pairsOf(answers);
    const refusal = error ?? waitError;
    if (refusal !== null) throw refusal;
    const isWritten = !Array.isArray(answer) || answer[0] === 'yes';
    if (isWritten && !(Number(count) >= replicas)) {
      throw new TooFewReplicasError(
        `Fewer than ${String(replicas)} replicas of Redis have the write after ${String(WAIT_MS)} ms`,
      );
    }
    return answer;
  };
}

type Pair = readonly [error: Error | null, answer: unknown];

function pairsOf(answers: unknown): readonly [Pair, Pair] {
  const isComplete =
    Array.isArray(answers) && answers.length === 2 && answers.every((pair) => Array.isArray(pair));
  if (!isComplete) throw new Error('Redis did not answer to all of a pipeline');
  return answers as unknown as readonly [Pair, Pair];
}
