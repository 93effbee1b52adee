import { readFile, stat, writeFile } from 'node:fs/promises';
import { reportHtml } from '../report/html';
import { compareWithLockFile, isOutdated, refuseLaterVersion, toLockFile } from '../report/lock-file';
import { toMarkdown } from '../report/markdown';
import { onlyRoutes } from '../report/route-kinds';
import { type SecurityReport, securityReport } from '../report/security-report';
import { reportSvg } from '../report/svg';
import { reportTable, type TableOptions } from '../report/table';
import { counted } from '../util/counted';
import { printable } from '../util/printable';
import { type Call, type Command, type Outcome, UsageError } from './command';
import { loadApp } from './load-app';

type Format = (report: SecurityReport, call: Call, changes: readonly string[] | undefined) => string;

const FORMATS: Readonly<Record<string, Format>> = {
  table: (report, call) => reportTable(report, tableOptions(call)),
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: toMarkdown,
  html: (report, _call, changes = []) => reportHtml(report, { changes }),
  svg: (report) => reportSvg(report),
};
const GROUPS: readonly string[] = ['controller', 'path', 'none'] satisfies TableOptions['group'][];

export const report: Command = {
  usage: `Usage: securest report <module> [options]

Reports the users and roles that may call each route of an app. The module exports its secured options as \`options\` or
as its default export, an instance of createSecurity() as \`security\` or as its default export, or a function that
returns either. It must not start a server.

Options:
  --format <${Object.keys(FORMATS).join('|')}>  how to print the report (default: table)
  --out <file>                    write the report to a file
  --user <username>               report on a user of the app's stores too; may be given several times
  --lock <file>                   compare with a lock file, for --only changed and for the page
  --only <open|warned|changed|role:<role>|user:<username>>  show only these routes
  --group <controller|path|none>  how the table groups routes (default: controller)
  --verbose                       print the sources, providers and middlewares of each route, and each warning
  --color                         print the table in colours even if the output is not a terminal
  --check <file>                  print the changes since the lock file was written; exit 1 if there are any
  --update <file>                 write the lock file
  --json                          print one JSON document
`,
  options: {
    format: { type: 'string' },
    out: { type: 'string' },
    user: { type: 'string', multiple: true },
    lock: { type: 'string' },
    only: { type: 'string' },
    group: { type: 'string' },
    verbose: { type: 'boolean' },
    color: { type: 'boolean' },
    check: { type: 'string' },
    update: { type: 'string' },
  },

  async run(call) {
    const [module, ...others] = call.positionals;
    const [check, update, name = 'table'] = [call.text('check'), call.text('update'), call.text('format')];
    if (module === undefined || others.length > 0) throw new UsageError('Expected <module>');
    if (check !== undefined && update !== undefined)
      throw new UsageError('--check and --update cannot be combined');
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    if (format === undefined) throw new UsageError(`Unknown format ${name}`);
    const [group, only] = [call.text('group'), call.text('only')];
    if (group !== undefined && !GROUPS.includes(group)) throw new UsageError(`Unknown group ${group}`);
    if (only === 'changed' && call.text('lock') === undefined)
      throw new UsageError('--only changed needs --lock <file>');

    const users = [...call.texts('user'), ...(only?.startsWith('user:') ? [only.slice('user:'.length)] : [])];
    const found = await securityReport(await loadApp(module), { users: [...new Set(users)] });
    if (update !== undefined) return writeLock(found, update);
    if (check !== undefined) return checkLock(found, check, module);
    return printReport(found, call, format);
  },
};

async function printReport(found: SecurityReport, call: Call, format: Format): Promise<Outcome> {
  const [lock, only, out] = [call.text('lock'), call.text('only'), call.text('out')];
  const changes = lock === undefined ? undefined : (await compareWith(lock, found)).changes;
  const shown = only === undefined ? found : onlyRoutes(found, only, changes);
  const text = format(shown, call, changes);
  if (out === undefined) return { code: 0, text, json: shown };
  await writeFile(out, text);
  const json = { routes: shown.routes.length, file: out };
  return { code: 0, text: `${counted(shown.routes.length, 'route')} written to ${out}\n`, json };
}

function tableOptions(call: Call): TableOptions {
  const { isTTY, columns } = process.stdout as { isTTY?: boolean; columns?: number };
  const isTerminal = isTTY === true && call.text('out') === undefined;
  return {
    verbose: call.flag('verbose'),
    color: call.flag('color') || (isTerminal && !process.env['NO_COLOR']),
    ...(isTerminal && columns !== undefined && columns > 0 ? { columns } : {}),
    group: (call.text('group') ?? 'controller') as NonNullable<TableOptions['group']>,
  };
}

async function writeLock(found: SecurityReport, update: string): Promise<Outcome> {
  if (await isFile(update)) refuseLaterVersion(await readFile(update, 'utf8'));
  await writeFile(update, toLockFile(found));
  const json = { routes: found.routes.length, file: update };
  return { code: 0, text: `${counted(found.routes.length, 'route')} written to ${update}\n`, json };
}

/** False if it does not exist, and for a pipe or a terminal, on which a reader would wait for the end. */
async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** @throws Error that names the file if it does not exist or is no lock file */
async function compareWith(
  path: string,
  found: SecurityReport,
): Promise<{ readonly locked: string; readonly changes: readonly string[] }> {
  try {
    const locked = await readFile(path, 'utf8');
    return { locked, changes: compareWithLockFile(found, locked) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT')
      throw new Error(`There is no lock file ${path}: write it with --update ${path}`, { cause: error });
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function checkLock(found: SecurityReport, check: string, module: string): Promise<Outcome> {
  const { locked, changes } = await compareWith(check, found);
  const json = { routes: found.routes.length, changes };
  if (changes.length === 0) {
    const text = `No change: ${counted(found.routes.length, 'route')} as in ${check}\n`;
    const outcome: Outcome = { code: 0, text, json };
    if (!isOutdated(locked)) return outcome;
    return {
      ...outcome,
      notice: `${check} was written by an earlier version and holds less: update it with --update\n`,
    };
  }
  return {
    code: 1,
    text: changes.map((change) => `${printable(change, 2000)}\n`).join(''),
    json,
    notice: `What decides about access has changed. If that is intended: securest report ${module} --update ${check}\n`,
  };
}
