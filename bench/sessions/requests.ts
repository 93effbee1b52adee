/** Whole requests by session and by token, taken in turns in one process. */
import { DRIVERS } from '../../test/support/drivers';
import { type Figure, figureOf, ratioOf } from '../request/statistics';
import { contestants, type Send } from './contestants';

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
    await compare(works.filter(([name]) => !SLOW.test(name)), rounds, BATCH); // prettier-ignore
    await compare(works.filter(([name]) => name === BASE || SLOW.test(name)), SLOW_ROUNDS, SLOW_BATCH); // prettier-ignore
  }
}

async function compare(works: readonly (readonly [string, Send])[], rounds: number, batch: number) {
  const costs = new Map(works.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < works.length; turn += 1) {
      const [name, send] = works[(turn + round) % works.length] ?? [];
      if (name !== undefined && send !== undefined) costs.get(name)?.push(await costOf(send, batch));
    }
  }
  for (const [name, values] of costs) {
    const ratio = ratioOf(values, costs.get(BASE) ?? []);
    console.log(`${name.padEnd(36)} ${shown(figureOf(values), 1).padEnd(24)} ${shown(ratio, 3)}`);
  }
}

/** Microseconds of all threads for one. */
async function costOf(send: Send, count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) await send();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function shown({ median, low, high }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
