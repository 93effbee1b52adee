/**
 * `npm run compat`: runs the packed package on every runtime, host, compiler, bundler, test runner and package manager
 * that the documentation names. `-- --write` writes the tables of docs/compatibility.md, `-- --only TEXT` runs the
 * cells that have the text in their line.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { type Cell, CELLS } from './cells';
import { limit } from './limit';
import { stopAll } from './run-command';
import { Steps } from './steps';
import { tables, withTables } from './table';

const PAGE = join(__dirname, '../../docs/compatibility.md');

const { write, only } = parseArgs({
  options: { write: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
}).values;

const lineOf = ({ table, row, column, value }: Cell): string => [table, row, column, value].join(' | ');

/** @returns the lines of the failed cells by error: a step that several cells share fails once for all of them */
async function runAll(cells: readonly Cell[]): Promise<Map<string, string[]>> {
  const work = await mkdtemp(join(tmpdir(), 'securest-compat-'));
  const failures = new Map<string, string[]>();
  try {
    const steps = new Steps(work, limit(availableParallelism()));
    await Promise.all(
      cells.map(async (cell) => {
        const line = lineOf(cell);
        try {
          await steps.run(cell);
          console.log(`ok      ${line}`);
        } catch (error) {
          console.log(`failed  ${line}`);
          const fault = error instanceof Error ? error.message : String(error);
          failures.set(fault, [...(failures.get(fault) ?? []), line]);
        }
      }),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return failures;
}

async function main(): Promise<void> {
  const cells = CELLS.filter((cell) => lineOf(cell).includes(only));
  if (cells.length === 0) throw new Error(`No cell has ${only}`);
  const failures = await runAll(cells);
  for (const [fault, lines] of failures) console.error(`\n${lines.join('\n')}\n${fault}`);
  const failed = [...failures.values()].flat().length;
  console.log(`\n${cells.length - failed} of ${cells.length} ran`);
  if (failed > 0) process.exitCode = 1;
  if (failed > 0 || only !== '') return;

  const page = await readFile(PAGE, 'utf8');
  const made = await format(withTables(page, tables(cells)), {
    ...(await resolveConfig(PAGE)),
    filepath: PAGE,
  });
  if (made === page) return;
  if (write) return writeFile(PAGE, made);
  console.error('docs/compatibility.md lists other cells: npm run compat -- --write');
  process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopAll);
void main();
