import { loadOptional } from '../sql/load-optional';
import { migrate } from '../sql/migrate';
import type { SqlClient } from '../sql/sql-client';
import { SqliteClient } from '../sql/sqlite-client';
import { type Command, positionals, UsageError } from './command';

interface Pg {
  readonly Client: new (settings: object) => SqlClient & {
    connect(): Promise<unknown>;
    end(): Promise<unknown>;
  };
}

const CONNECT_MS = 10_000;

export const sqlMigrate: Command = {
  usage: `Usage: securest sql migrate <url> [options]

Makes the tables of SqlUserstore, or brings them up to date. The url is postgres://user@host/database or
sqlite:PATH; a password may come by the variable PGPASSWORD.

Options:
  --json  print one JSON document
`,
  options: {},

  /** What it throws never quotes the url, which may hold a password. */
  async run(call) {
    const [url = ''] = positionals(call, 'url');
    const [client, close] = await connect(url);
    try {
      const version = await migrate(client);
      return { code: 0, text: `The tables have version ${String(version)}\n`, json: { version } };
    } catch (error) {
      throw reason(error);
    } finally {
      await close();
    }
  },
};

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
    throw new UsageError('It takes postgres://... or sqlite:PATH');
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
