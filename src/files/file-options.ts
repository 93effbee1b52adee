import { ConfigurationError } from '../errors';

/** Where a file is that is read again when it changes. */
export interface FileOptions {
  /** The YAML file; a relative path starts at the working directory of the moment. */
  path: string;
  /** How often the file is looked at, in milliseconds. @default 500 */
  pollMs?: number;
}

/** @throws ConfigurationError for options without a path, or with a pause that is none */
export function checkFileOptions(owner: string, example: string, options: unknown): FileOptions {
  const { path, pollMs } = (options ?? {}) as Partial<Record<keyof FileOptions, unknown>>;
  if (typeof path !== 'string' || path === '') {
    throw new ConfigurationError(`${owner} needs the path of its file: super({ path: '${example}' })`);
  }
  if (pollMs === undefined) return { path };
  if (typeof pollMs !== 'number' || !(pollMs >= 1 && pollMs <= 3_600_000)) {
    throw new ConfigurationError(`${owner}: pollMs must be a number from 1 to 3600000`);
  }
  return { path, pollMs };
}
