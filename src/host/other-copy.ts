import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The copy of routing-controllers that the app's main script finds, where it is another than ours: a server
 * that it builds keeps its own guards only. Undefined when it is ours, or when that cannot be told.
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
