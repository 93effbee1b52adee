/** What a thread of the pool runs: one hash computation at a time. */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import { type EngineNames, Engines } from './engines';
import { makeUp } from './make-up';
import { type HashSettings, makerOf } from '../new-hashes';
import { schemeOf } from '../schemes';
import { serveTasks } from './serve-tasks';
import type { Work } from './work';

export type HashTask =
  | { readonly kind: 'hash'; readonly password: string; readonly settings: HashSettings }
  | {
      readonly kind: 'verify';
      readonly password: string;
      readonly hash: string;
      /** What a refusal must take. */
      readonly floor?: Work;
      /** A match is a refusal too. */
      readonly isRefused?: boolean;
    };

// On Linux a thread has a priority of its own: where the cores are busy, the event loop goes first.
try {
  if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + 5));
} catch {
  // Where a sandbox forbids it, logins must work all the same.
}

const engines = new Engines(workerData as EngineNames);

async function work(task: HashTask): Promise<string | boolean> {
  if (task.kind === 'hash') return makerOf(task.settings).hash(task.password, engines);
  const { password, hash, floor, isRefused = false } = task;
  const scheme = schemeOf(hash);
  const work = scheme?.workOf(hash);
  if (scheme === undefined || work === undefined) return false;
  const started = performance.now();
  const isRight = await scheme.verify(password, hash, engines);
  if (floor !== undefined && (!isRight || isRefused)) {
    await makeUp({ password, done: work, milliseconds: performance.now() - started, floor, engines });
  }
  return isRight;
}

serveTasks(work);
