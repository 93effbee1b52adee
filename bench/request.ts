/**
 * What a secured request costs, beside plain routing-controllers, checkers written by hand and other libraries. Prints
 * a table for each section; `--json FILE` writes all figures, `--svg FILE` draws some. It asserts no time.
 */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { drawing } from './request/drawing';
import { build } from './request/library';
import { installPeers } from './request/peers';
import { type RunOptions, type RunSection, type Section, tableText } from './request/section';
import { startup, users } from './request/sections/creation';
import { growth } from './request/sections/growth';
import { bytes, hot } from './request/sections/hot';
import { load } from './request/sections/load';
import { basic, key, token } from './request/sections/pass';
import { servers } from './request/sections/servers';

const SECTIONS: Readonly<Record<string, RunSection>> = {
  token,
  basic,
  key,
  hot,
  bytes,
  servers,
  growth,
  load,
  startup,
  users,
};
/** These compare with nothing that has to be installed. */
const ALONE = ['growth', 'startup', 'users'];

const USAGE = `npm run bench -- [${Object.keys(SECTIONS).join('] [')}]
  --rounds N       turns of each contestant, in place of each section's own
  --requests N     requests of a turn over HTTP (2000)
  --connections N  connections at once (8)
  --against DIR    another clone of securest, beside this one in servers
  --json FILE      writes all figures
  --svg FILE       draws token, basic, key and servers
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      requests: { type: 'string', default: '2000' },
      connections: { type: 'string', default: '8' },
      against: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
  const unknown = names.filter((name) => !Object.hasOwn(SECTIONS, name));
  if (values.help || unknown.length > 0) {
    console.log(`${unknown.map((name) => `No section ${name}\n`).join('')}${USAGE}`);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const options: RunOptions = {
    rounds: values.rounds === undefined ? undefined : count('rounds', values.rounds),
    requests: count('requests', values.requests),
    connections: count('connections', values.connections),
    against: values.against === undefined ? undefined : path.resolve(values.against),
  };
  if (names.some((name) => !ALONE.includes(name))) installPeers();
  build();
  if (options.against !== undefined) build(options.against);
  const machine = { node: process.version, cpu: os.cpus()[0]?.model ?? 'unknown', cpus: os.cpus().length };
  console.log(`Node ${machine.node}, ${machine.cpus} x ${machine.cpu}. Medians, and the quarter marks.\n`);
  const sections: Section[] = [];
  for (const name of names) {
    const section = await SECTIONS[name]?.(options);
    if (section === undefined) continue;
    sections.push(section);
    console.log(tableText(section));
  }
  const results = { ...machine, date: new Date().toISOString().slice(0, 10), sections };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (values.svg !== undefined) writeFileSync(values.svg, drawing(sections, `Node ${machine.node}`));
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${option} is a whole number above 0, not ${text}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
