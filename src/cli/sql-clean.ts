import { logStatements } from '../sql/log-statements';
import { changedRows, ownAnswer } from '../sql/own-answers';
import type { SqlClient } from '../sql/sql-client';
import { stateStatements } from '../sql/state-statements';
import { type Command, positionals } from './command';
import { databaseFault, openDatabase } from './open-database';
import { Progress } from './progress';

export const sqlClean: Command = {
  usage: `Usage: securest sql clean <url> [options]

Deletes the ended rows of SqlState, and the rows of SqlRevocationLog that ended at least an hour ago, 1,000 at a time. A
running app deletes 1,000 rows a minute itself. The url is postgres://user@host/database, mysql://user@host/database or
sqlite:PATH; the variable PGPASSWORD or MYSQL_PWD may hold the password.

Options:
  --json  print one JSON document
`,
  options: {},

  async run(call) {
    const [url = ''] = positionals(call, 'url');
    const { client, close } = await openDatabase(url);
    try {
      const dialect = client.dialect ?? 'postgres';
      const tables = [stateStatements(dialect), logStatements(dialect)];
      const now = Date.now();
      const counts: number[] = [];
      for (const { ended } of tables) {
        const { rows } = await ownAnswer(client, 'sql clean', ended, [now]);
        counts.push(Number(rows[0]?.['ended']));
      }
      const progress = new Progress(counts.reduce((sum, count) => sum + count, 0));
      const deleted: number[] = [];
      try {
        for (const { sweep } of tables) {
          const before = deleted.reduce((sum, count) => sum + count, 0);
          deleted.push(
            await sweepAll(client, sweep, now, (done) => {
              progress.show(before + done);
            }),
          );
        }
      } finally {
        progress.end();
      }
      const [state = 0, revocations = 0] = deleted;
      return {
        code: 0,
        text: `${String(state)} ended rows of state and ${String(revocations)} of revocations deleted\n`,
        json: { state, revocations },
      };
    } catch (error) {
      throw databaseFault(error);
    } finally {
      await close();
    }
  },
};

/** Each statement commits by itself, so an interrupted command keeps the deletions that it has made. */
async function sweepAll(
  client: SqlClient,
  sweep: string,
  now: number,
  onProgress: (done: number) => void,
): Promise<number> {
  for (let total = 0; ;) {
    const count = changedRows(client, await ownAnswer(client, 'sql clean', sweep, [now]));
    if (count === 0) return total;
    total += count;
    onProgress(total);
  }
}
