/** What is paid once: a server with many routes, a userstore with many users. Each time in a fresh process. */
import { Worker } from '../processes';
import type { RunSection } from '../section';
import { figureOf, ratioOf } from '../statistics';
import type { UsersResult } from '../users-process';

const ROUTES = 5000;
const USERS = 1_000_000;
const STARTUP_ROUNDS = 5;
const USERS_ROUNDS = 3;

export const startup: RunSection = async ({ rounds = STARTUP_ROUNDS }) => {
  const create = (kind: string) => inFreshProcess<number>('startup-process', [kind, String(ROUTES)]);
  const [plain, secured] = await byTurns(
    rounds,
    () => create('plain'),
    () => create('secured'),
  );
  return {
    name: 'startup',
    title: `creating a server with ${ROUTES} mixed routes`,
    columns: ['ms CPU', 'times plain'],
    rows: [
      { label: 'plain routing-controllers', figures: [figureOf(plain), undefined] },
      { label: 'securest', figures: [figureOf(secured), ratioOf(secured, plain)] },
    ],
  };
};

export const users: RunSection = async ({ rounds = USERS_ROUNDS }) => {
  const create = (kind: string) =>
    inFreshProcess<UsersResult>(
      'users-process',
      [kind, String(USERS)],
      ['--expose-gc', '--max-old-space-size=6144'],
    );
  const [map, store] = await byTurns(
    rounds,
    () => create('map'),
    () => create('store'),
  );
  const seconds = (results: readonly UsersResult[]) => results.map((result) => result.seconds);
  const megabytes = (results: readonly UsersResult[]) => figureOf(results.map((result) => result.megabytes));
  return {
    name: 'users',
    title: `${USERS} users in memory`,
    columns: ['s CPU', 'times the map', 'MiB of heap'],
    rows: [
      { label: 'a map of frozen copies', figures: [figureOf(seconds(map)), undefined, megabytes(map)] },
      {
        label: 'MemoryUserstore',
        figures: [figureOf(seconds(store)), ratioOf(seconds(store), seconds(map)), megabytes(store)],
      },
    ],
  };
};

async function byTurns<T>(
  rounds: number,
  first: () => Promise<T>,
  second: () => Promise<T>,
): Promise<readonly [T[], T[]]> {
  const results: readonly [T[], T[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    results[0].push(await first());
    results[1].push(await second());
  }
  return results;
}

async function inFreshProcess<T>(file: string, args: string[], flags?: string[]): Promise<T> {
  const worker = Worker.start(file, args, flags);
  try {
    return await worker.call<T>('create');
  } finally {
    worker.end();
  }
}
