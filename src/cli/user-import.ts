import { decodeSheet, readText } from '../files/read-text';
import { describeFault, FileFault } from '../files/file-fault';
import { type Call, type Command, positionals, UsageError } from './command';
import { importInBatches } from './import-batches';
import { IMPORT_FORMATS, type ImportFormat, readRecords } from './import-formats';
import { lookalike, type Row, readRows, shown } from './import-rows';
import { formsOf } from '../util/normal-forms';
import { colonNotice } from './new-names';
import { STORE_USAGE, withDirectory } from './open-directory';
import { Progress } from './progress';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FAULTS = 100;

export const userImport: Command = {
  usage: `Usage: securest user import <csv> <store> [options]

Adds the users of a CSV file. Its first line names the columns: username, and any of password or password_hash,
email, active (true or false), roles and groups. Fields are separated by comma, semicolon or tab, and the file is
UTF-8 or UTF-16. Existing users are left alone, so an interrupted import continues when it is run again.

Exits 1 and adds no user if a line is not valid, also for names that user add refuses.

${STORE_USAGE}

Options:
  --from <format>  csv, htpasswd, authelia (its file of users), keycloak (JSON of a realm or of users) or django (JSON
                 of dumpdata auth); default: csv
  --roles-separator <text>  the separator of several roles, or groups, in one cell
  --skip-faults  add the users of the valid lines; still exits 1 if a line is not valid
  --weak         accept short or common passwords
  --create       create the user file if it does not exist
  --json         print one JSON document
`,
  options: {
    'skip-faults': { type: 'boolean' },
    weak: { type: 'boolean' },
    create: { type: 'boolean' },
    from: { type: 'string' },
    'roles-separator': { type: 'string' },
  },

  async run(call) {
    const [source = '', store = ''] = positionals(call, 'csv', 'store');
    const format = formatOf(call);
    const separator = call.text('roles-separator');
    if (separator === '') throw new UsageError('--roles-separator must not be empty');
    const { rows, faults: found } = readRows(readRecords(await read(source), format), {
      isWeakMeant: call.flag('weak'),
      separator,
    });
    return withDirectory(
      store,
      async (directory) => {
        const names = await directory.existing(rows.flatMap(({ user }) => formsOf(user.username)));
        const groups = await directory.groupNames();
        const faults = [...found];
        const good: Row[] = [];
        for (const row of rows) {
          const group = row.user.groups?.find((name) => groups?.has(name) === false);
          if (group !== undefined) {
            faults.push(`${row.place}: groups has a group that does not exist${shown(group, row.mayShift)}`);
          } else if (lookalike(row.user.username, names) !== undefined) {
            faults.push(`${row.place}: username exists already, in another normal form of Unicode`);
          } else good.push(row);
        }
        if (faults.length > 0 && !call.flag('skip-faults')) {
          const json = { added: 0, existing: 0, faults };
          return { code: 1, text: 'Nothing was added\n', json, notice: listed(source, faults) };
        }
        const fresh = good.filter(({ user }) => !names.has(user.username));
        const { added, existing } = await withInterrupt((signal) => {
          const progress = new Progress(fresh.length);
          return importInBatches(directory, fresh, signal, (done) => {
            progress.show(done);
          }).finally(() => {
            progress.end();
          });
        });
        const colons = fresh.flatMap(({ place, user, mayShift }) => {
          const notice = colonNotice(user.username, mayShift ? 'username' : undefined);
          return notice === undefined ? [] : [`${place}: ${notice}`];
        });
        const told = [...faults, ...colons];
        const there = good.length - fresh.length + existing;
        const left = fresh.length - added - existing;
        const done = `${String(added)} added, ${String(there)} were there already`;
        if (left > 0)
          throw new Error(`Interrupted: ${done}, ${String(left)} remain. Run the command again to continue`);
        return {
          code: faults.length > 0 ? 1 : 0,
          text: `${done}\n`,
          json: { added, existing: there, faults },
          ...(told.length > 0 && { notice: listed(source, told) }),
        };
      },
      call.flag('create'),
    );
  },
};

function formatOf(call: Call): ImportFormat {
  const name = call.text('from') ?? 'csv';
  const format = IMPORT_FORMATS.find((known) => known === name);
  if (format === undefined) throw new UsageError(`--from must be one of ${IMPORT_FORMATS.join(', ')}`);
  return format;
}

async function read(path: string): Promise<string> {
  try {
    return (await readText(path, MAX_BYTES, decodeSheet)).text;
  } catch (error) {
    throw error instanceof FileFault ? new Error(describeFault(path, error)) : error;
  }
}

function listed(source: string, faults: readonly string[]): string {
  const shown = faults.slice(0, MAX_FAULTS).map((fault) => `${source} ${fault}\n`);
  const more = faults.length - shown.length;
  return `${shown.join('')}${more > 0 ? `and ${String(more)} more\n` : ''}`;
}

/** After the first Ctrl-C, hashes in progress are finished and written; the second ends the process at once. */
async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => {
    controller.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
