/** The module that a thread of the pool runs: one hash computation at a time. */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import { type EngineNames, Engines } from './engines';
import { makeUp } from './make-up';
import { schemeOf } from '../schemes';
import { isDevise, verifyDevise } from '../schemes/bcrypt-forms';
import { type HashSettings, makerOf } from '../schemes/maker';
import type { Scheme } from '../schemes/scheme';
import { serveTasks } from './serve-tasks';
import type { Work } from './work';

export type HashTask =
  | { readonly kind: 'hash'; readonly password: string; readonly settings: HashSettings }
  | {
      readonly kind: 'verify';
      readonly password: string;
      /** Other normal forms in which the password may have been hashed. */
      readonly otherForms?: readonly string[];
      readonly hash: string;
      /** The pepper that Devise appended to a password. */
      readonly pepper?: string;
      /** The work that a refusal must take, for each form. */
      readonly floor?: Work;
      /** True if a match is refused too. */
      readonly isRefused?: boolean;
    };

// On Linux a thread has a priority of its own: if the cores are busy, the event loop goes first.
try {
  if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + 5));
} catch {
  // If a sandbox forbids it, logins must work nevertheless.
}

const engines = new Engines(workerData as EngineNames);

/** Whether the password is right, or the other form of it that is right. */
type Verdict = string | boolean;

async function work(task: HashTask): Promise<Verdict> {
  return task.kind === 'hash' ? makerOf(task.settings).hash(task.password, engines) : verify(task);
}

async function verify(task: Extract<HashTask, { kind: 'verify' }>): Promise<Verdict> {
  const { password, otherForms = [], hash, floor, isRefused = false } = task;
  const scheme = schemeOf(hash);
  const work = scheme?.workOf(hash);
  if (scheme === undefined || work === undefined) return false;
  let verdict: Verdict = false;
  for (const form of [password, ...otherForms]) {
    const started = performance.now();
    const isRight = await isRightFor(scheme, form, task);
    if (isRight && verdict === false) verdict = form === password ? true : form;
    if (isRight && !isRefused) break;
    if (floor === undefined) continue;
    await makeUp({ password: form, done: work, milliseconds: performance.now() - started, floor, engines });
  }
  return verdict;
}

function isRightFor(
  scheme: Scheme,
  password: string,
  { hash, pepper }: Extract<HashTask, { kind: 'verify' }>,
): boolean | Promise<boolean> {
  return pepper !== undefined && isDevise(hash)
    ? verifyDevise(password, pepper, hash, engines)
    : scheme.verify(password, hash, engines);
}

serveTasks(work);
