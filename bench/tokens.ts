/**
 * What a request costs that comes with the same token, password or API key again, without host and chain, as a ratio to what a
 * check by hand pays at least: one HMAC over the token and one JSON.parse of its claims. All by turns in one process,
 * so that every number sees the same machine.
 */
import 'reflect-metadata';
import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import {
  ApiKeyProvider,
  ApiKeys,
  Authentication,
  KeySet,
  MemoryState,
  MemoryUserstore,
  PasswordProvider,
  type SecurityRequest,
  type StateStoreInterface,
  TokenProvider,
  TokenService,
} from '../src';
import { migrate, SqliteClient, SqlState } from '../src/sql';

const ROUNDS = 5;
const PER_ROUND = 20_000;
const USERS = 100;
const PASSWORD = 'correct horse';
const SIGNAL = new AbortController().signal;

const secret = randomBytes(48);
const options = { secret, issuer: 'notes', audience: 'notes-api' };
const names = Array.from({ length: USERS }, (_, index) => `user${String(index)}`);
const users = new MemoryUserstore({
  users: names.map((username) => ({ username, password: hashSync(PASSWORD, 4) })),
});

/** Each header is a string of its own, as node makes them. */
function requestWith(authorization: Buffer): SecurityRequest {
  const header = authorization.toString('latin1');
  return {
    method: 'GET',
    path: '/',
    url: '/',
    route: undefined,
    ip: '127.0.0.1',
    secure: true,
    clientCertificate: undefined,
    signal: SIGNAL,
    action: { request: {}, response: {} },
    header: (name) => (name === 'authorization' ? header : undefined),
    cookie: () => undefined,
  };
}

type Work = (index: number) => unknown;

const KEY_PAIRS = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** Tokens that are signed with key pairs, and come again. */
function worksOfKeyPairs(): Readonly<Record<string, Work>> {
  const works: Record<string, Work> = {};
  for (const algorithm of ['EdDSA', 'ES256', 'RS256'] as const) {
    const keys = new KeySet([{ algorithm, key: KEY_PAIRS[algorithm]().privateKey }]);
    const service = new TokenService({ keys, issuer: 'notes', audience: 'notes-api' });
    const provider = new TokenProvider(service);
    const bearers = names.map((username) =>
      Buffer.from(`Bearer ${service.issue(new Authentication({ username })).token}`),
    );
    works[`TokenProvider, ${algorithm}, remembered`] = (index) =>
      provider.authenticate(requestWith(bearers[index % USERS] ?? Buffer.alloc(0)), users);
  }
  return works;
}

/** Tokens that are looked up in a log of revocations too. */
async function worksOfLog(): Promise<Readonly<Record<string, Work>>> {
  const service = new TokenService({ ...options, state: new MemoryState() });
  await service.ready;
  const provider = new TokenProvider(service);
  const bearers = names.map((username) =>
    Buffer.from(`Bearer ${service.issue(new Authentication({ username })).token}`),
  );
  return {
    'TokenProvider, log, remembered': (index) =>
      provider.authenticate(requestWith(bearers[index % USERS] ?? Buffer.alloc(0)), users),
  };
}

/** API keys, which are read from their store each time. */
async function worksOfKeys(): Promise<Readonly<Record<string, Work>>> {
  const client = new SqliteClient(':memory:');
  await migrate(client);
  const states: Readonly<Record<string, StateStoreInterface>> = {
    MemoryState: new MemoryState(),
    SQLite: new SqlState({ client }),
  };
  const works: Record<string, Work> = {};
  for (const [name, state] of Object.entries(states)) {
    const keys = new ApiKeys({ state, prefix: 'notes' });
    const provider = new ApiKeyProvider(keys);
    const bearers: Buffer[] = [];
    for (const username of names) {
      const { key } = await keys.create(new Authentication({ username }), { name: 'bench' });
      bearers.push(Buffer.from(`Bearer ${key}`));
    }
    works[`ApiKeyProvider, ${name}`] = (index) =>
      provider.authenticate(requestWith(bearers[index % USERS] ?? Buffer.alloc(0)), users);
  }
  return works;
}

async function main(): Promise<void> {
  const remembering = new TokenService(options);
  const forgetful = new TokenService({ ...options, tokenCache: 0 });
  const texts = names.map((username) => remembering.issue(new Authentication({ username })).token);
  const tokens = texts.map((token) => Buffer.from(token));
  const tokenAt = (index: number): string => tokens[index % USERS]?.toString('latin1') ?? '';
  const bearers = texts.map((token) => Buffer.from(`Bearer ${token}`));
  const basics = names.map((username) =>
    Buffer.from(`Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`),
  );
  const at = (headers: readonly Buffer[], index: number): SecurityRequest =>
    requestWith(headers[index % USERS] ?? Buffer.alloc(0));

  const key = createSecretKey(secret);
  const byHand: Work = (index) => {
    const [header = '', payload = '', signature = ''] = tokenAt(index).split('.');
    const expected = createHmac('sha256', key).update(`${header}.${payload}`).digest();
    if (!timingSafeEqual(expected, Buffer.from(signature, 'base64url'))) throw new Error('wrong');
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  };
  const password = new PasswordProvider();
  const token = new TokenProvider(remembering);
  const uncached = new TokenProvider(forgetful);
  for (let index = 0; index < USERS; index += 1) await password.authenticate(at(basics, index), users);

  const works: Readonly<Record<string, Work>> = {
    'verify(), remembered': (index) => remembering.verify(tokenAt(index)),
    'verify(), tokenCache 0': (index) => forgetful.verify(tokenAt(index)),
    'TokenProvider, remembered': (index) => token.authenticate(at(bearers, index), users),
    'TokenProvider, tokenCache 0': (index) => uncached.authenticate(at(bearers, index), users),
    'PasswordProvider, remembered': (index) => password.authenticate(at(basics, index), users),
    ...(await worksOfLog()),
    ...worksOfKeyPairs(),
    ...(await worksOfKeys()),
    'the request alone': (index) => at(bearers, index),
  };
  const ratios = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const base = await time(byHand);
      const ratio = (await time(work)) / base;
      // The first round warms up.
      if (round > 0) ratios.get(name)?.push(ratio);
    }
  }
  console.log('beside one HMAC and one JSON.parse: median (lowest to highest)');
  for (const [name, found] of ratios) {
    const sorted = found.toSorted((one, other) => one - other);
    const [low = 0, median = 0, high = 0] = [0, 0.5, 1].map((part) => sorted[part * (ROUNDS - 1)]);
    console.log(`${name.padEnd(34)} ${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`);
  }
}

/** CPU microseconds of one. What answers later is waited for. */
async function time(work: Work): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < PER_ROUND; index += 1) {
    const answer = work(index);
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / PER_ROUND;
}

void main();
