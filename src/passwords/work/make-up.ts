/**
 * The work that a refusal still owes after a verification against a hash that is cheaper than new ones. Without it, the
 * time would tell that the user exists and has an old hash.
 */
import type { Engines } from './engines';
import { perform } from './perform';
import { isSameKind, type Work } from './work';

/** The share of the missing work that is measured to find out how long a unit takes. */
const SAMPLE = 1 / 16;

export interface Debt {
  readonly password: string;
  readonly done: Work;
  /** How long the work done so far has taken. */
  readonly milliseconds: number;
  /** The total work that must be done. */
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
  // If the work is too small to measure a sample, the earlier work does not count.
  const before = sample > 0 && perUnit > 0 ? milliseconds / perUnit : 0;
  await perform(floor, floor.units - sample - before, engines, password);
}
