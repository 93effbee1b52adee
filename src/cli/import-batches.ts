import { availableParallelism } from 'node:os';
import type { User } from '../core/user';
import type { UserDirectory } from '../core/user-directory';
import { HashPool } from '../passwords/work/hash-pool';
import { Passwords } from '../passwords/passwords';
import type { Row } from './import-rows';

/** The hashing work that a kill can lose, in milliseconds. */
const BATCH_MS = 2000;
/** The largest share of the time spent on writing: each write rewrites the whole file. */
const WRITING_SHARE = 0.2;
const MAX_BATCH = 20_000;

export interface Imported {
  readonly added: number;
  /** The users that another process added in the meantime. */
  readonly existing: number;
}

/**
 * Adds the users in their order, in batches of a few seconds each, so that few hashes are lost if the process ends.
 * Passwords are hashed on all cores.
 *
 * @param signal ends the import after the hashed users have been written
 * @param onProgress receives the number of users that are written or hashed
 */
export async function importInBatches(
  directory: UserDirectory,
  rows: readonly Row[],
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Imported> {
  const threads = availableParallelism();
  const pool = new HashPool({ threads, maxQueued: 4 * threads });
  const hasher = new Passwords({ pool });
  const window = 2 * threads;
  const pending: Promise<User>[] = [];
  let next = 0;
  let batch: User[] = [];
  let total = { added: 0, existing: 0 };
  let due = performance.now() + BATCH_MS;

  const fill = (): void => {
    while (pending.length < window && !signal.aborted) {
      const row = rows[next];
      if (row === undefined) return;
      next += 1;
      const { password } = row;
      const user =
        password === undefined
          ? Promise.resolve(row.user)
          : hasher.hash(password).then((hash) => ({ ...row.user, password: hash }));
      // A failure is reported later, when the promise is awaited.
      user.catch(() => undefined);
      pending.push(user);
    }
  };
  const write = async (): Promise<void> => {
    if (batch.length === 0) return;
    const started = performance.now();
    // Tokens of a former user of the same name must not be accepted.
    const tokensValidFrom = new Date();
    const there = await directory.addAll(batch.map((user) => ({ ...user, tokensValidFrom })));
    total = {
      added: total.added + batch.length - there.length,
      existing: total.existing + there.length,
    };
    batch = [];
    const took = performance.now() - started;
    due = performance.now() + Math.max(BATCH_MS, took / WRITING_SHARE);
  };

  try {
    for (;;) {
      fill();
      const user = pending.shift();
      if (user === undefined) break;
      batch.push(await user);
      onProgress(total.added + total.existing + batch.length);
      if (performance.now() > due || batch.length >= MAX_BATCH) await write();
    }
    await write();
    return total;
  } finally {
    await pool.close();
  }
}
