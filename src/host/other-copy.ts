import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The path of the copy of routing-controllers that the app's main script finds, if it is not our copy: a server that it
 * builds keeps only its own guards. Undefined if it is our copy, or if it cannot be determined.
 */
export function otherCopy(main = require.main?.filename): string | undefined {
  if (main === undefined) return undefined;
  try {
    const theirs = realpathSync(createRequire(main).resolve('routing-controllers'));
    return theirs === realpathSync(require.resolve('routing-controllers')) ? undefined : theirs;
  } catch {
    return undefined;
  }
}
