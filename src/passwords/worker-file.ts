import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import Piscina from 'piscina';
import { ConfigurationError } from '../errors';

let isChecked = false;

/**
 * Makes sure that threads for hash computations can be started: they load files from disk, which a bundler leaves behind.
 * @throws ConfigurationError when securest or its thread pool is in a bundle
 */
export function requireWorkerFile(): void {
  if (isChecked) return;
  const missing = missingFile();
  if (missing !== undefined) {
    throw new ConfigurationError(
      `Password hashes are computed in threads, and their file ${missing} is missing: keep securest and its ` +
        'dependencies out of the bundle (external), and install them beside it',
    );
  }
  isChecked = true;
}

function missingFile(): string | undefined {
  // A bundle that is an ES module has no folder of its own.
  const [folder, extension] =
    typeof __dirname === 'string' ? [__dirname, extname(__filename)] : [undefined, ''];
  const own = `hash-worker${extension}`;
  if (folder === undefined || !existsSync(join(folder, own))) return own;
  const ofPool = 'worker.js';
  return isInstalled() || existsSync(join(folder, ofPool)) ? undefined : ofPool;
}

/** True where the thread pool is loaded from its package. */
function isInstalled(): boolean {
  try {
    return createRequire(__filename)('piscina') === Piscina;
  } catch {
    return false;
  }
}
