import { kind, optional, wholeNumber } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';

/** The options of a file that is read again when it changes. */
export interface FileOptions {
  /** The file; a relative path starts at the current working directory. */
  path: string;
  /** How often the file is checked for changes, in milliseconds, 1 to 3,600,000. @default 500 */
  pollMs?: number;
}

/** The shape of the options. @param example a path, for the error if the path is missing */
export function fileOptions(example: string) {
  return {
    path: kind<string>(
      `must be the path of a file: super({ path: '${example}' })`,
      (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
    ),
    pollMs: optional(wholeNumber({ min: 1, max: 3_600_000 })),
  } satisfies Record<keyof FileOptions, Kind<unknown>>;
}
