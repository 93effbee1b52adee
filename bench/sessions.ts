/**
 * What sessions cost: whole requests beside tokens, a million of them in one process, and how those that have ended
 * leave. Prints tables; it asserts nothing. `npm run bench:sessions -- [requests] [million] [sweep] [--rounds N]`
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { million } from './sessions/million';
import { requests } from './sessions/requests';
import { sweep } from './sessions/sweep';

const SECTIONS: Readonly<Record<string, (rounds: number) => Promise<void>>> = { requests, million, sweep };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '101' } },
  });
  for (const name of positionals.length > 0 ? positionals : Object.keys(SECTIONS)) {
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`No section ${name}`);
    await section(Number(values.rounds));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
