import { availableParallelism } from 'node:os';
import type { User } from '../core/user';
import type { UserDirectory } from '../core/user-directory';
import { HashPool } from '../passwords/work/hash-pool';
import { Passwords } from '../passwords/passwords';
import type { Row } from './import-rows';

/** How much of the hashing a kill can cost. */
const BATCH_MS = 2000;
/** How much of the time may go into writing, for the whole file is written each time. */
const WRITING_SHARE = 0.2;
const MAX_BATCH = 20_000;

export interface Imported {
  readonly added: number;
  /** Users that somebody added meanwhile. */
  readonly existing: number;
}

/**
 * Adds the users in their order, in batches of a few seconds each, so that what was hashed is kept whenever the
 * process ends. Passwords are hashed by all cores.
 *
 * @param signal ends it after what is hashed was written
 * @param onProgress hears how many are written or hashed
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
      // Whoever waits for it hears of it, later.
      user.catch(() => undefined);
      pending.push(user);
    }
  };
  const write = async (): Promise<void> => {
    if (batch.length === 0) return;
    const started = performance.now();
    // Tokens of a former user of the same name do not count.
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
