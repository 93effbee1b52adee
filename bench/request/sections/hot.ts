/**
 * What a guard adds to a request in a hot process: CPU and allocated bytes. Requests come over a connection in memory,
 * so that no socket and no kernel is measured; what parsing and routing cost is subtracted as that of a route without
 * this guard.
 */
import { Worker } from '../processes';
import { ascending, type Row, type RunSection } from '../section';
import { differenceOf, figureOf, ratioOf } from '../statistics';

/** Many short turns: what else the machine does then hits all alike. */
const ROUNDS = 101;
const BATCH = 250;
/** Small enough for the young generation below: no collection runs in between. */
const BYTES_ROUNDS = 21;
const BYTES_BATCH = 300;
const SEMI_SPACE_MEGABYTES = 128;

export const OPEN = 'open';
/** A checker that asks for nothing: what the host itself takes for having one. */
export const YES = 'checker that says yes';
export const UNIT = 'HMAC + JSON.parse';

export const hot: RunSection = async (options) => {
  const samples = await sample('cpu', { rounds: options.rounds ?? ROUNDS, batch: BATCH }, []);
  const of = (name: string) => samples.get(name) ?? [];
  const extra = (name: string, base: string) =>
    of(name).map((value, round) => value - (of(base)[round] ?? 0));
  const rows = rowsOf(samples, [OPEN, UNIT], (name) => [
    differenceOf(of(name), of(OPEN)),
    ratioOf(extra(name, OPEN), of(UNIT)),
    ratioOf(extra(name, YES), of(UNIT)),
  ]);
  const unit = { label: UNIT, figures: [figureOf(of(UNIT)), undefined, undefined] };
  return {
    name: 'hot',
    title: 'what a guard adds in a hot process, without a socket',
    columns: ['us CPU over an open route', `in ${UNIT}`, 'the same, over a checker that says yes'],
    rows: [...rows, unit],
  };
};

export const bytes: RunSection = async (options) => {
  const size = String(SEMI_SPACE_MEGABYTES);
  const flags = ['--expose-gc', `--min-semi-space-size=${size}`, `--max-semi-space-size=${size}`];
  const samples = await sample(
    'bytes',
    { rounds: options.rounds ?? BYTES_ROUNDS, batch: BYTES_BATCH },
    flags,
  );
  const of = (name: string) => (samples.get(name) ?? []).map((value) => value / 1024);
  const rows = rowsOf(samples, [OPEN, UNIT], (name) => [
    differenceOf(of(name), of(OPEN)),
    differenceOf(of(name), of(YES)),
  ]);
  return {
    name: 'bytes',
    title: 'what a guard allocates for one request',
    columns: ['KiB over an open route', 'KiB over a checker that says yes'],
    rows,
  };
};

type Samples = ReadonlyMap<string, readonly number[]>;

function rowsOf(
  samples: Samples,
  others: readonly string[],
  figures: (name: string) => Row['figures'],
): Row[] {
  const names = [...samples.keys()].filter((name) => !others.includes(name));
  return ascending(names.map((label) => ({ label, figures: figures(label) })));
}

/** A value for one request from each contestant in each round, each round in another order. */
async function sample(
  call: 'cpu' | 'bytes',
  { rounds, batch }: { rounds: number; batch: number },
  flags: readonly string[],
): Promise<Samples> {
  const worker = Worker.start('memory-process', [], flags);
  try {
    const names = await worker.call<string[]>('start');
    const samples = new Map(names.map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(turn + round) % names.length] ?? '';
        samples.get(name)?.push(await worker.call<number>(call, { name, batch }));
      }
    }
    return samples;
  } finally {
    worker.end();
  }
}
