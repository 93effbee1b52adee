import { ConfigurationError, ServiceUnavailableError } from '../errors';
import type { RedisClient } from './redis-client';
import { type Script, scriptOf } from './redis-script';
import { RedisTime } from './redis-time';
import { type StateLink, TooFewReplicasError } from './state-link';

/** The part of an ioredis client that is needed to wait for replicas. */
interface Pipelined {
  pipeline(): {
    eval(lua: string, numberOfKeys: number, ...values: readonly string[]): unknown;
    wait(replicas: number, milliseconds: number): unknown;
    exec(): Promise<unknown>;
  };
}

/** The result of a write, and the time of Redis when it ran. */
export interface Written {
  readonly done: boolean;
  readonly now: number;
}

type Run = (script: Script, values: readonly string[]) => Promise<unknown>;

/** Runs scripts that write, only while their caller still waits, and waits until enough replicas have the write. */
export class StateWriter {
  readonly #run: Run;
  readonly #time = new RedisTime();

  /** @throws ConfigurationError if `replicas` is set and the client cannot wait for replicas */
  constructor(client: RedisClient, replicas: number, scripts: readonly Script[]) {
    const runs = new Map(scripts.map((script) => [script, scriptOf(client, script)]));
    this.#run =
      replicas > 0 ? replicated(client, replicas) : async (script, values) => runs.get(script)?.(...values);
  }

  /** Runs a script without a deadline; resolves when the replicas have the write. */
  async run(script: Script, key: string, ...values: readonly string[]): Promise<unknown> {
    return this.#run(script, [key, ...values]);
  }

  /**
   * @param kind 'read' for commands that a full Redis executes too
   * @throws ServiceUnavailableError if the result of the write is unknown, or the write did not take effect
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

/** The second try uses the time that Redis reported. */
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
 * Uses a pipeline, which a client resends as a whole or not at all: on another connection WAIT would not wait for this
 * write. It sends the whole text of the script, since within a pipeline a script that the server does not know is not
 * resent.
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
