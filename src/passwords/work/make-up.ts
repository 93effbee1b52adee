/**
 * The work that a refusal still owes after a verification against a hash that is cheaper than new ones: without it
 * the time would tell that a user exists, whose hash is old.
 */
import type { Engines } from './engines';
import { perform } from './perform';
import { isSameKind, type Work } from './work';

/** So much of the missing work tells how long a unit takes. */
const SAMPLE = 1 / 16;

export interface Debt {
  readonly password: string;
  readonly done: Work;
  /** What the work that was done has taken. */
  readonly milliseconds: number;
  /** What must be done in all. */
  readonly floor: Work;
  readonly engines: Engines;
}

export async function makeUp({ password, done, milliseconds, floor, engines }: Debt): Promise<void> {
  if (done.kind === 'none' || isSameKind(done, floor)) {
    await perform(floor, floor.units - done.units, engines, password);
    return;
  }
  const started = performance.now();
  const sample = await perform(floor, floor.units * SAMPLE, engines, password);
  const perUnit = (performance.now() - started) / sample;
  // Where there is too little to take a sample of, what was done before does not count.
  const before = sample > 0 && perUnit > 0 ? milliseconds / perUnit : 0;
  await perform(floor, floor.units - sample - before, engines, password);
}
