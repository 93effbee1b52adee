/** A million sessions in one process: what they take, what a read and a list cost among them, and how they leave. */
import { randomBytes } from 'node:crypto';
import { MemoryState } from '../../src';
import { digestOf, newSecret } from '../../src/sessions/session-cookie';
import type { SessionRecord } from '../../src/sessions/session-record';
import { SessionStore } from '../../src/sessions/session-store';
import { type Figure, figureOf, ratioOf } from '../request/statistics';

const COUNTS = [1000, 1_000_000] as const;
const PER_USER = 4;
const BATCH = 2000;
const HOUR_MS = 3_600_000;

interface Filled {
  readonly state: MemoryState;
  readonly store: SessionStore;
  /** Ids as bytes: each read has a text of its own, as it comes with a request. */
  readonly ids: readonly Buffer[];
}

function recordOf(index: number, now: number): SessionRecord {
  return {
    user: `user${String(Math.floor(index / PER_USER))}`,
    userId: String(index),
    stamp: now - HOUR_MS,
    factors: [{ method: 'pwd', at: now }],
    secret: digestOf(newSecret()),
    started: now,
    seen: now,
    ends: now + 12 * HOUR_MS,
    ip: '192.0.2.200',
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  };
}

async function filled(count: number, clock: () => number): Promise<Filled> {
  const state = new MemoryState({ maxEntries: count, clock });
  const store = new SessionStore(state);
  const ids: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = digestOf(randomBytes(16).toString('base64url'));
    await store.set('ses', id, recordOf(index, clock()), clock() + HOUR_MS / 2);
    if (index % Math.max(1, count / 1000) === 0) ids.push(Buffer.from(id));
  }
  return { state, store, ids };
}

export async function million(rounds: number): Promise<void> {
  const start = Date.now();
  let now = start;
  const small = await filled(COUNTS[0], () => now);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const large = await filled(COUNTS[1], () => now);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `\n${String(large.state.size)} sessions take ${mebibytes(after.heapUsed - before.heapUsed)} of the heap`,
  );
  console.log(`the process has ${mebibytes(after.rss)}`);

  const costs = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { state, ids }] of [
      ['1,000', small],
      ['1,000,000', large],
    ] as const) /* prettier-ignore */ {
      push(costs, `get of the state among ${name}`, costOf(BATCH, (index) => {
        state.get(`ses:${(ids[index % ids.length] ?? Buffer.alloc(0)).toString('latin1')}`);
      })); // prettier-ignore
      push(costs, `list of a user among ${name}`, costOf(BATCH, (index) => {
        state.list(`user${String(index % (COUNTS[0] / PER_USER))}`);
      })); // prettier-ignore
    }
  }
  for (const [name, values] of costs) console.log(`${name.padEnd(40)} ${shown(figureOf(values), 2)} us`);
  for (const what of ['get of the state', 'list of a user']) {
    const of = (count: string): number[] => costs.get(`${what} among ${count}`) ?? [];
    console.log(`${what.padEnd(40)} ${shown(ratioOf(of('1,000,000'), of('1,000')), 2)} times`);
  }

  // All of them end at once; each call sweeps a few.
  now += HOUR_MS;
  let [longest, calls] = [0, 0];
  const began = performance.now();
  while (large.state.size > 0) {
    // Of all threads, so that of a machine that does something else only this process counts.
    const { user, system } = process.cpuUsage();
    large.state.get('ses:none');
    const used = process.cpuUsage({ user, system });
    longest = Math.max(longest, (used.user + used.system) / 1000);
    calls += 1;
  }
  const each = ((performance.now() - began) * 1000) / calls;
  console.log(
    `they leave in ${String(calls)} calls of ${each.toFixed(2)} us; the longest took ${longest.toFixed(2)} ms of all threads`,
  );
}

function costOf(count: number, work: (index: number) => void): number {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) work(index);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function push(costs: Map<string, number[]>, name: string, value: number): void {
  costs.set(name, [...(costs.get(name) ?? []), value]);
}

function shown({ median, low, high }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
