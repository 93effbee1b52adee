/**
 * A mixed load at full speed: tokens that hold, are wrong or expired, Basic, own keys, open routes, HEAD, requests that
 * are hung up, paths that do not exist. Prints what memory does after each collection, and every reply and log line
 * that is not expected. The first minutes fill what is bounded: give it ten.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build } from './request/library';
import type { Counts } from './request/mixed-clients';
import type { MemorySample } from './request/mixed-server-process';
import { Worker } from './request/processes';
import { figureOf } from './request/statistics';

const SAMPLES = 60;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
  const seconds = Number(values.seconds);
  if (!(seconds >= 6)) throw new Error('--seconds is a number from 6 on');
  build();
  const server = Worker.start('mixed-server-process', [], ['--expose-gc']);
  const clients = Worker.start('mixed-clients-process');
  try {
    const port = await server.call<number>('start');
    const load = clients.call<Counts>('run', { port, seconds });
    const [counts, samples] = await Promise.all([load, sampleMemory(server, seconds)]);
    printReplies(counts, seconds);
    printMemory(samples);
    console.log(`\nunexpected replies: ${JSON.stringify(counts.unexpected)}`);
    console.log(`log lines and events: ${JSON.stringify(await server.call('faults'))}`);
  } finally {
    server.end();
    clients.end();
  }
}

async function sampleMemory(server: Worker, seconds: number): Promise<MemorySample[]> {
  const samples: MemorySample[] = [];
  for (let index = 0; index < SAMPLES; index += 1) {
    await sleep((seconds * 1000) / (SAMPLES + 1));
    samples.push(await server.call<MemorySample>('memory'));
  }
  return samples;
}

function printReplies({ replies, total }: Counts, seconds: number): void {
  console.log(`${total} requests, ${(total / seconds).toFixed(0)} a second`);
  for (const [name, statuses] of Object.entries(replies)) {
    const text = Object.entries(statuses).map(([status, found]) => `${status} x ${found}`);
    console.log(`  ${name.padEnd(24)} ${text.join('   ')}`);
  }
}

function printMemory(samples: readonly MemorySample[]): void {
  const third = Math.floor(samples.length / 3);
  console.log('\nMiB after a collection    first third   second third   last third   last to first');
  for (const kind of ['heap', 'rss'] as const) {
    const median = (part: number) =>
      figureOf(samples.slice(part * third, (part + 1) * third).map((sample) => sample[kind])).median;
    const thirds = [median(0), median(1), median(2)] as const;
    const growth = (thirds[2] / thirds[0] - 1) * 100;
    const cells = [
      thirds[0].toFixed(1).padStart(14),
      thirds[1].toFixed(1).padStart(14),
      thirds[2].toFixed(1).padStart(12),
      `${growth >= 0 ? '+' : ''}${growth.toFixed(1)} %`.padStart(15),
    ];
    console.log(`${kind.padEnd(22)} ${cells.join(' ')}`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
