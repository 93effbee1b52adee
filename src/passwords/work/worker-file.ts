import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ConfigurationError } from '../../errors';

let isChecked = false;

/**
 * Makes sure that threads for hash computations can be started: they load a file from disk, which a bundler leaves
 * behind.
 * @throws ConfigurationError when securest is in a bundle
 */
export function requireWorkerFile(): void {
  if (isChecked) return;
  // A bundle that is an ES module has no folder of its own.
  const file = typeof __dirname === 'string' ? `hash-worker${extname(__filename)}` : 'hash-worker.js';
  if (typeof __dirname !== 'string' || !existsSync(join(__dirname, file))) {
    throw new ConfigurationError(
      `Password hashes are computed in threads, and their file ${file} is missing: leave securest out of the bundle ` +
        '(external), and install it beside it',
    );
  }
  isChecked = true;
}
