/** The packages to compare with are installed by the bench itself, and never by the library. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HERE } from './library';

const BENCH = path.join(HERE, 'bench');

export function installPeers(): void {
  if (areInstalled()) return;
  console.log('Installing the packages to compare with, in bench/node_modules: npm ci --prefix bench\n');
  const { status } = spawnSync('npm', ['ci', '--prefix', BENCH, '--no-audit', '--no-fund'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci --prefix bench failed');
}

/** In exactly the versions that the bench names. */
function areInstalled(): boolean {
  const { dependencies } = readPackage(BENCH) as { dependencies: Record<string, string> };
  return Object.entries(dependencies).every(([name, version]) => {
    const found = readPackage(path.join(BENCH, 'node_modules', name)) as { version: string } | undefined;
    return found?.version === version;
  });
}

function readPackage(directory: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
