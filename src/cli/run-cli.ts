/**
 * The command line: `securest report <module>` and `securest sql migrate <url>`.
 */
import { parseArgs } from 'node:util';
import { printable } from '../util/printable';
import { runReport } from './report';
import { runSqlMigrate } from './sql';

const USAGE = `Usage: securest report <module> [options]
       securest sql migrate <url>

Reports who may call each route of an app. The module exports its secured options, or a function that
gives them, as \`options\` or as its default export. It must not start a server.

Options:
  --format <table|json|markdown>  how to print the report (default: table)
  --check <file>                  print what changed since the lock file was written; exit 1 if anything did
  --update <file>                 write the lock file

securest sql migrate makes the tables of SqlUserstore, or brings them up to date. The url is
postgres://user@host/database or sqlite:PATH.
`;

/** Where the command writes to. */
export interface Output {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
}

/** Runs a command. @returns the exit code: 0, 1 for a check that found a change, 2 for everything else */
export async function runCli(args: readonly string[], output: Output): Promise<0 | 1 | 2> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'table' },
        check: { type: 'string' },
        update: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      output.out(USAGE);
      return 0;
    }
    const [command, module, ...rest] = positionals;
    const isMigration = command === 'sql' && module === 'migrate';
    if (isMigration && rest[0] !== undefined && rest.length === 1)
      return await runSqlMigrate(rest[0], output);
    const isBoth = values.check !== undefined && values.update !== undefined;
    if (command !== 'report' || module === undefined || rest.length > 0 || isBoth) {
      output.err(USAGE);
      return 2;
    }
    return await runReport(module, values, output);
  } catch (error) {
    output.err(`securest: ${printable(error instanceof Error ? error.message : String(error), 2000)}\n`);
    return 2;
  }
}
