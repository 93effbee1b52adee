/** Whole requests by session and by token, taken in turns in one process. */
import { DRIVERS } from '../../test/support/drivers';
import { compare, costOf } from '../request/turns';
import { contestants } from './contestants';

const BASE = 'token, remembered';
const WARM_UP = 4000;
const BATCH = 100;
/** Each of these begins a session, which lists and ends others. */
const SLOW_BATCH = 20;

/** In turns of their own, which are long: what is compared closely must be asked close together. */
const SLOW = /^new|SQLite|Redis/;
const SLOW_ROUNDS = 15;

export async function requests(rounds: number): Promise<void> {
  for (const driver of DRIVERS.filter(({ name }) => name !== 'Express 4')) {
    await using all = await contestants(driver);
    const works = [...all.works];
    for (const [name, send] of works) await costOf(send, SLOW.test(name) ? WARM_UP / 20 : WARM_UP);
    console.log(`\n${driver.name}: us CPU, and beside a remembered token; median (half lie between)`);
    const fast = works.filter(([name]) => !SLOW.test(name));
    const slow = works.filter(([name]) => name === BASE || SLOW.test(name));
    await compare(fast, BASE, { rounds, batch: BATCH });
    await compare(slow, BASE, { rounds: SLOW_ROUNDS, batch: SLOW_BATCH });
  }
}
