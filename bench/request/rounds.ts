/**
 * Contestants take turns in short rounds, each time in another order. A round sends so many requests to one of them
 * and asks its process what CPU it used; the clients are a process of their own.
 */
import { Worker } from './processes';
import type { Load, LoadResult } from './load-process';
import { BODY, type Headers, type Target } from './target';

export interface Contestant {
  readonly name: string;
  readonly target: Target;
  readonly process: Worker;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly requests: number;
  readonly connections: number;
}

/** Until compiled code runs. These turns are not counted, and taken alike, so that none is warmed up longer ago. */
const WARM_UP = { rounds: 3, requests: 1000 };

/** Microseconds of CPU for a request, for each contestant by its name, a value for each round. */
export type Costs = ReadonlyMap<string, readonly number[]>;

export async function startServer(name: string, config: object = {}): Promise<Contestant[]> {
  const worker = Worker.start('server-process', [name, JSON.stringify(config)]);
  try {
    const targets = await worker.call<Target[]>('start');
    return targets.map((target) => ({ name: target.name, target, process: worker }));
  } catch (error) {
    worker.end();
    throw error;
  }
}

export async function measure(contestants: readonly Contestant[], options: RoundOptions): Promise<Costs> {
  const clients = Worker.start('load-process');
  try {
    for (const { name, target } of contestants) await refuseUnguarded(clients, name, target);
    const costs = new Map(contestants.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < WARM_UP.rounds; round += 1) {
      for (const { name, target } of contestants) {
        await sendAll(clients, name, target, { ...options, requests: WARM_UP.requests });
      }
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const { name, target, process: server } of rotated(contestants, round)) {
        const before = await server.call<number>('cpu');
        await sendAll(clients, name, target, options);
        const used = (await server.call<number>('cpu')) - before;
        costs.get(name)?.push(used / options.requests);
      }
    }
    return costs;
  } finally {
    clients.end();
  }
}

async function sendAll(clients: Worker, name: string, target: Target, options: RoundOptions): Promise<void> {
  const { statuses } = await clients.call<LoadResult>('run', loadOf(target, target.right, options));
  if (statuses[200] === options.requests) return;
  throw new Error(`${name} answered ${JSON.stringify(statuses)} under load`);
}

/** What answers otherwise than it must is not measured. */
async function refuseUnguarded(clients: Worker, name: string, target: Target): Promise<void> {
  const ask = (headers: Headers) =>
    clients.call<LoadResult>('run', loadOf(target, headers, { requests: 1, connections: 1 }));
  const expectOk = async () => {
    const { statuses, body } = await ask(target.right);
    if (statuses[200] === 1 && body === JSON.stringify(BODY)) return;
    throw new Error(`${name} answered ${JSON.stringify(statuses)} ${body} to the right credential`);
  };
  // Twice each, since what remembers credentials takes another way from the second on.
  for (let time = 0; time < 2; time += 1) {
    await expectOk();
    for (const [index, headers] of target.wrong.entries()) {
      const { statuses } = await ask(headers);
      if (statuses[401] === 1) continue;
      throw new Error(`${name} answered ${JSON.stringify(statuses)} to wrong credential ${String(index)}`);
    }
  }
  await expectOk();
}

function loadOf(
  { port, path }: Target,
  headers: Headers,
  { requests, connections }: Pick<Load, 'requests' | 'connections'>,
): Load & Record<string, unknown> {
  return { port, path, headers, requests, connections };
}

function rotated<T>(list: readonly T[], round: number): T[] {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

export function endAll(contestants: readonly Contestant[]): void {
  for (const worker of new Set(contestants.map((contestant) => contestant.process))) worker.end();
}
