import { ConfigurationError } from '../errors';
import { loadOptional } from '../sql/load-optional';
import { migrate } from '../sql/migrate';
import type { SqlClient } from '../sql/sql-client';
import { SqliteClient } from '../sql/sqlite-client';
import type { Output } from './run-cli';

interface Pg {
  readonly Client: new (settings: object) => SqlClient & {
    connect(): Promise<unknown>;
    end(): Promise<unknown>;
  };
}

const CONNECT_MS = 10_000;

/**
 * `securest sql migrate <url>`: makes securest's own tables, or brings them up to date.
 * @param url `postgres://user:password@host/database`, or `sqlite:PATH`
 * @throws Error that says what could not be done, and not the url, which holds a password
 */
export async function runSqlMigrate(url: string, output: Output): Promise<0> {
  const [client, close] = await connect(url);
  try {
    output.out(`The tables have version ${String(await migrate(client))}\n`);
    return 0;
  } catch (error) {
    throw reason(error);
  } finally {
    await close();
  }
}

async function connect(url: string): Promise<[SqlClient, () => unknown]> {
  if (url.startsWith('sqlite:')) {
    const file = new SqliteClient(url.slice('sqlite:'.length));
    return [
      file,
      () => {
        file.close();
      },
    ];
  }
  if (!/^postgres(?:ql)?:\/\//.test(url)) {
    throw new ConfigurationError('securest sql migrate takes postgres://... or sqlite:PATH');
  }
  const { Client } = loadOptional('pg', 'securest sql migrate') as Pg;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  try {
    await client.connect();
  } catch (error) {
    throw reason(error);
  }
  return [client, () => client.end()];
}

/** What the database said: the public message of an outage says too little for who runs the command. */
function reason(error: unknown): Error {
  const { cause } = (error ?? {}) as { cause?: unknown };
  const { code, message } = (cause ?? error ?? {}) as { code?: unknown; message?: unknown };
  const said = typeof message === 'string' && message !== '' ? message : 'no answer';
  return new Error(`the database cannot be migrated: ${said}${typeof code === 'string' ? ` (${code})` : ''}`);
}
