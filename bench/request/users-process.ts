/** A fresh process that makes one userstore in memory, or what it takes by hand: a map of frozen copies. */
import { setImmediate } from 'node:timers/promises';
import { loadLibrary } from './library';
import { milliseconds } from './mixed-routes';
import { answerCalls } from './processes';

export interface UsersResult {
  readonly seconds: number;
  readonly megabytes: number;
}

const [, , kind, count = '0'] = process.argv;
const HASH = '$2b$10$abcdefghijklmnopqrstuuWq2Q9mS5M7s8QGvI9mQ8gE6f7i0h1yK';

async function create(): Promise<UsersResult> {
  const { MemoryUserstore } = loadLibrary().securest;
  const users = Array.from({ length: Number(count) }, (_, id) => ({
    username: `user${String(id)}`,
    password: HASH,
    roles: [`role${String(id % 20)}`],
  }));
  const before = await heap();
  let made: unknown;
  const spent = milliseconds(() => {
    made =
      kind === 'map'
        ? new Map(users.map((user) => [user.username, Object.freeze({ ...user })]))
        : new MemoryUserstore({ users });
  });
  const megabytes = ((await heap()) - before) / 2 ** 20;
  if (made === undefined) throw new Error('Nothing was made');
  return { seconds: spent / 1000, megabytes };
}

async function heap(): Promise<number> {
  globalThis.gc?.();
  await setImmediate();
  return process.memoryUsage().heapUsed;
}

answerCalls({ create });
