import { readFile, writeFile } from 'node:fs/promises';
import { toMarkdown, toTable } from '../report/format';
import { compareWithLockFile, isOutdated, toLockFile } from '../report/lock-file';
import { type SecurityReport, securityReport } from '../report/security-report';
import { printable } from '../util/printable';
import { type Command, UsageError } from './command';
import { loadOptions } from './load-options';

const FORMATS: Readonly<Record<string, (report: SecurityReport) => string>> = {
  table: toTable,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: toMarkdown,
};

export const report: Command = {
  usage: `Usage: securest report <module> [options]

Reports who may call each route of an app. The module exports its secured options, or a function that
gives them, as \`options\` or as its default export. It must not start a server.

Options:
  --format <table|json|markdown>  how to print the report (default: table)
  --check <file>                  print what changed since the lock file was written; exit 1 if anything did
  --update <file>                 write the lock file
  --json                          print one JSON document
`,
  options: { format: { type: 'string' }, check: { type: 'string' }, update: { type: 'string' } },

  async run(call) {
    const [module, ...others] = call.positionals;
    const [check, update, name = 'table'] = [call.text('check'), call.text('update'), call.text('format')];
    if (module === undefined || others.length > 0) throw new UsageError('It takes <module>');
    if (check !== undefined && update !== undefined) throw new UsageError('It takes --check or --update');
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    if (format === undefined) throw new UsageError(`There is no format ${name}`);

    const found = await securityReport(await loadOptions(module));
    const routes = String(found.routes.length);
    if (update !== undefined) {
      await writeFile(update, toLockFile(found));
      const json = { routes: found.routes.length, file: update };
      return { code: 0, text: `${routes} routes written to ${update}\n`, json };
    }
    if (check === undefined) return { code: 0, text: format(found), json: found };
    const locked = await readFile(check, 'utf8');
    const changes = compareWithLockFile(found, locked);
    const json = { routes: found.routes.length, changes };
    if (changes.length === 0) {
      const outcome = { code: 0 as const, text: `${routes} routes as in ${check}\n`, json };
      if (!isOutdated(locked)) return outcome;
      return {
        ...outcome,
        notice: `${check} is of an earlier version, which holds less: --update it\n`,
      };
    }
    return {
      code: 1,
      text: changes.map((change) => `${printable(change, 2000)}\n`).join(''),
      json,
      notice: `Who may call what has changed. If it is meant: securest report ${module} --update ${check}\n`,
    };
  },
};
