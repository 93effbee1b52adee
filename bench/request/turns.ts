/** Kinds of requests that take turns in one process, and what each costs beside the first. */
import { type Figure, figureOf, ratioOf } from './statistics';

/** Sends one request, and rejects unless it is 200. */
export type Send = () => Promise<void>;

/** Prints microseconds of CPU of each kind, and its ratio to a base. */
export async function compare(
  works: readonly (readonly [string, Send])[],
  base: string,
  { rounds, batch }: { readonly rounds: number; readonly batch: number },
): Promise<void> {
  const costs = new Map(works.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < works.length; turn += 1) {
      const [name, send] = works[(turn + round) % works.length] ?? [];
      if (name !== undefined && send !== undefined) costs.get(name)?.push(await costOf(send, batch));
    }
  }
  for (const [name, values] of costs) {
    const ratio = ratioOf(values, costs.get(base) ?? []);
    console.log(`${name.padEnd(36)} ${shown(figureOf(values), 1).padEnd(24)} ${shown(ratio, 3)}`);
  }
}

/** Microseconds of all threads for one. */
export async function costOf(send: Send, count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) await send();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function shown({ median, low, high }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
