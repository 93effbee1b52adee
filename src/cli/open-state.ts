import { ServiceUnavailableError } from '../errors';
import type { RedisClient } from '../redis/redis-client';
import { RedisState } from '../redis/redis-state';
import { SqlState } from '../sql/sql-state';
import type { StateStoreInterface } from '../state/state-store';
import { loadOptional } from '../util/load-optional';
import { type Outcome, UsageError } from './command';
import { databaseFault, isDatabase, openDatabase } from './open-database';

/** The usage text of the argument `<state>`. */
export const STATE_USAGE =
  '<state> is the state store in which the app keeps API keys, logins and sessions: a database with the tables of\nsecurest sql migrate (postgres://user@host/database, mysql://user@host/database, sqlite:PATH or a path of SQLite), or\nredis://host.';

interface Redis extends RedisClient {
  on(event: 'error', listener: () => void): unknown;
  disconnect(): void;
}

const REDIS = /^rediss?:\/\//i;
const CONNECT_MS = 5000;

/** Opens the state that a command works on, and always closes it after the work. */
export async function withState(
  target: string,
  work: (state: StateStoreInterface) => Promise<Outcome>,
): Promise<Outcome> {
  if (REDIS.test(target)) return inRedis(target, work);
  const { client, close } = await openDatabase(isDatabase(target) ? target : `sqlite:${target}`);
  const state = new SqlState({ client });
  try {
    return await work(state);
  } catch (error) {
    throw error instanceof ServiceUnavailableError ? databaseFault(error) : error;
  } finally {
    await state.close();
    await close();
  }
}

async function inRedis(
  url: string,
  work: (state: StateStoreInterface) => Promise<Outcome>,
): Promise<Outcome> {
  if (!URL.canParse(url)) throw new UsageError('The url of Redis is not valid');
  const { Redis } = loadOptional('ioredis', 'A state of redis://') as {
    readonly Redis: new (url: string, settings: object) => Redis;
  };
  const client = new Redis(url, {
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    return await work(new RedisState(client));
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    // The client's message may quote the url.
    throw new Error('Redis does not answer, or refuses');
  } finally {
    client.disconnect();
  }
}
