import type { Engines } from './engines';
import type { Work } from './work';

const MIN_COST = 4;
const SALT_AND_DIGEST = '/TLXfDH9E8UmahJaPW1G8es08Bec8rBKe42plUWhCGitumo76wY2O';

/**
 * Does so many units of a kind of work, as nearly as that kind can, and returns how many it did. None are done for
 * fewer than the least that can be.
 */
export async function perform(kind: Work, units: number, engines: Engines): Promise<number> {
  switch (kind.kind) {
    case 'bcrypt':
      return bcrypt(units, engines);
    default:
      return 0;
  }
}

/** A binary number of rounds: each of its digits is a hash of that cost. */
async function bcrypt(units: number, engines: Engines): Promise<number> {
  const engine = await engines.bcrypt();
  const steps = Math.round(units / 2 ** MIN_COST);
  for (let cost = MIN_COST; steps >= 2 ** (cost - MIN_COST); cost += 1) {
    if (Math.floor(steps / 2 ** (cost - MIN_COST)) % 2 === 0) continue;
    engine.compareSync('stand-in', `$2b$${String(cost).padStart(2, '0')}$${SALT_AND_DIGEST}`);
  }
  return Math.max(0, steps) * 2 ** MIN_COST;
}
