/** A process in which every kind of route is asked over connections in memory. */
import { setImmediate } from 'node:timers/promises';
import type { RequestListener } from 'node:http';
import type KoaClass from 'koa';
import { loadLibrary } from './library';
import { MemoryConnection } from './memory-connection';
import { answerCalls } from './processes';
import { requestText } from './raw-client';
import { OPEN, UNIT, YES } from './sections/hot';
import { BY_HAND, cachedBasic, type Checker, verifyByHand } from './servers/by-hand';
import { plainApp } from './servers/plain-app';
import { SecuredApps } from './servers/secured-app';
import { basicCredentials, BODY, type Headers, keyCredentials, tokenCredentials } from './target';

interface Batch {
  readonly name: string;
  readonly batch: number;
}

const WARM_UP = 10_000;

/** Each does so many of its kind. */
const works = new Map<string, (count: number) => Promise<void>>();

async function start(): Promise<string[]> {
  const library = loadLibrary();
  const apps = new SecuredApps(library);
  const token = tokenCredentials(await apps.mint());
  const guarded = (name: string, app: KoaClass, credentials: { right: Headers; wrong: readonly Headers[] }) =>
    addRoute(name, app, '/guarded', credentials);
  const plain = (check?: Checker) => plainApp(library, check);
  // The same header everywhere, so that reading it is no part of any difference.
  const unguarded = { right: token.right, wrong: [] };
  await addRoute(OPEN, plain(), '/open', unguarded);
  await guarded(
    YES,
    plain(() => true),
    unguarded,
  );
  for (const [name, make] of BY_HAND) await guarded(name, plain(make()), token);
  await guarded('cached Basic', plain(cachedBasic()), basicCredentials());
  const tokenApp = apps.build('token');
  await addRoute('securest open', tokenApp, '/open', unguarded);
  await guarded('securest token', tokenApp, token);
  await addRoute('securest token and role', tokenApp, '/admin', token);
  await guarded('securest basic', apps.build('basic'), basicCredentials());
  await guarded('securest key', apps.build('key'), keyCredentials());
  addUnit(token.right['authorization']?.slice('Bearer '.length) ?? '');
  for (const work of works.values()) await work(WARM_UP);
  return [...works.keys()];
}

async function addRoute(
  name: string,
  app: KoaClass,
  path: string,
  { right, wrong }: { right: Headers; wrong: readonly Headers[] },
): Promise<void> {
  const handle = app.callback() as RequestListener;
  const connection = new MemoryConnection(handle);
  const text = Buffer.from(requestText(path, right));
  const expectOk = async () => {
    const status = await connection.send(text);
    if (status === 200 && connection.reply.endsWith(JSON.stringify(BODY))) return;
    throw new Error(`${name} answered ${status} to the right credential`);
  };
  await expectOk();
  for (const [index, headers] of wrong.entries()) {
    const status = await connection.send(Buffer.from(requestText(path, headers)));
    if (status !== 401) throw new Error(`${name} answered ${status} to wrong credential ${index}`);
  }
  await expectOk();
  works.set(name, async (count) => {
    for (let index = 0; index < count; index += 1) {
      if ((await connection.send(text)) !== 200) throw new Error(`${name} refused under load`);
    }
  });
}

function addUnit(token: string): void {
  const bytes = Buffer.from(token);
  works.set(UNIT, async (count) => {
    for (let index = 0; index < count; index += 1) {
      // A string of its own each time, as node makes them of what arrives.
      if (verifyByHand(bytes.toString('latin1')) === undefined) throw new Error('The token does not hold');
    }
  });
}

function workOf({ name, batch }: Batch): () => Promise<void> {
  const work = works.get(name);
  if (work === undefined) throw new Error(`No contestant ${name}`);
  return () => work(batch);
}

/** Microseconds of all threads for one request. */
async function cpu(asked: Batch): Promise<number> {
  const run = workOf(asked);
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / asked.batch;
}

async function bytes(asked: Batch): Promise<number> {
  const run = workOf(asked);
  globalThis.gc?.();
  // What the collection leaves to finalizers is done before the count.
  await setImmediate();
  const before = process.memoryUsage().heapUsed;
  await run();
  return (process.memoryUsage().heapUsed - before) / asked.batch;
}

answerCalls({
  start,
  cpu: (asked) => cpu(asked as Batch),
  bytes: (asked) => bytes(asked as Batch),
});
