/**
 * Builds the package once for all test processes: they run side by side, and a build takes what was built before away
 * from whoever reads it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const CACHE = join(ROOT, 'node_modules/.cache');
const LOCK = join(CACHE, 'securest-build.lock');
/** Which sources `dist` was built from. */
const STAMP = join(CACHE, 'securest-build.stamp');
const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];

/** @param build makes `dist` */
export async function buildOnce(build: () => Promise<unknown>): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  while (!isLocked()) await new Promise((resume) => setTimeout(resume, 100));
  try {
    const sources = fingerprint();
    if (existsSync(join(ROOT, 'dist/index.js')) && stamp() === sources) return;
    rmSync(STAMP, { force: true });
    await build();
    writeFileSync(STAMP, sources);
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** Takes the lock, or that of a process that has ended away. */
function isLocked(): boolean {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isAlive(read(LOCK))) rmSync(LOCK, { force: true });
    return false;
  }
}

function isAlive(pid: string | undefined): boolean {
  // Whoever has just made it has not written its number yet.
  if (pid === undefined || pid === '') return true;
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

function stamp(): string | undefined {
  return read(STAMP);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  for (const path of [...SETTINGS, ...files.sort().map((name) => join('src', name))]) {
    const { size, mtimeMs } = statSync(join(ROOT, path));
    hash.update(`${path} ${String(size)} ${String(mtimeMs)}\n`);
  }
  return hash.digest('hex');
}
