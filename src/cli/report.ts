import { readFile, writeFile } from 'node:fs/promises';
import { ConfigurationError } from '../errors';
import { toMarkdown, toTable } from '../report/format';
import { compareWithLockFile, toLockFile } from '../report/lock-file';
import { type SecurityReport, securityReport } from '../report/security-report';
import { printable } from '../util/printable';
import { loadOptions } from './load-options';
import type { Output } from './run-cli';

export interface ReportArguments {
  readonly format: string;
  readonly check?: string | undefined;
  readonly update?: string | undefined;
}

const FORMATS: Readonly<Record<string, (report: SecurityReport) => string>> = {
  table: toTable,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: toMarkdown,
};

/** Prints, checks or updates. @throws Error that says what could not be done */
export async function runReport(module: string, args: ReportArguments, output: Output): Promise<0 | 1> {
  const format = Object.hasOwn(FORMATS, args.format) ? FORMATS[args.format] : undefined;
  if (format === undefined) throw new ConfigurationError(`There is no format ${args.format}`);
  const report = await securityReport(await loadOptions(module));
  if (args.update !== undefined) {
    await writeFile(args.update, toLockFile(report));
    output.out(`${String(report.routes.length)} routes written to ${args.update}\n`);
    return 0;
  }
  if (args.check === undefined) {
    output.out(format(report));
    return 0;
  }
  const changes = compareWithLockFile(report, await readFile(args.check, 'utf8'));
  if (changes.length === 0) {
    output.out(`${String(report.routes.length)} routes as in ${args.check}\n`);
    return 0;
  }
  for (const change of changes) output.out(`${printable(change, 2000)}\n`);
  output.err(
    `Who may call what has changed. If it is meant: securest report ${module} --update ${args.check}\n`,
  );
  return 1;
}
