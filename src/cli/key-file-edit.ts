import { editFile } from '../files/edit-file';
import { describeFault, FileFault } from '../files/file-fault';
import { type FileKey, MAX_KEY_FILE_BYTES, readKeys } from '../tokens/key-file-text';
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from '../tokens/token-key';
import { type Call, UsageError } from './command';

/** Writes a key file atomically. An invalid key file is never written. */
export async function editKeyFile(
  path: string,
  create: boolean,
  edit: (text: string | undefined) => readonly FileKey[],
): Promise<void> {
  try {
    await editFile({
      path,
      create,
      maxBytes: MAX_KEY_FILE_BYTES,
      // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown rejects
      edit: async (old) => {
        const keys = edit(old.text());
        readKeys(keys, Date.now());
        const text = `${JSON.stringify({ keys }, null, 2)}\n`;
        return { pieces: [Buffer.from(text)], value: undefined };
      },
    });
  } catch (error) {
    throw error instanceof FileFault ? new Error(describeFault(path, error)) : error;
  }
}

export const ALGORITHM_USAGE = `--algorithm <${TOKEN_ALGORITHMS.join('|')}>`;

/** @throws {UsageError} for an unknown algorithm */
export function algorithmIn(call: Call): TokenAlgorithm | undefined {
  const given = call.text('algorithm');
  const found = TOKEN_ALGORITHMS.find((algorithm) => algorithm === given);
  if (given === undefined || found !== undefined) return found;
  throw new UsageError(`--algorithm must be ${TOKEN_ALGORITHMS.join(', ')}`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_MS = 400 * 86_400_000;

/**
 * Reads a time such as `90s`, `30m`, `24h` or `7d`; a number without a unit is in seconds.
 * @returns milliseconds
 * @throws {UsageError} for any other text, and for more than 400 days
 */
export function durationIn(call: Call, option: string, fallbackMs: number): number {
  const given = call.text(option);
  if (given === undefined) return fallbackMs;
  const [, count, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(given) ?? [];
  const milliseconds = Number(count) * Number(UNITS[unit]);
  if (milliseconds <= MAX_MS) return milliseconds;
  throw new UsageError(`--${option} must be a time such as 90s, 30m, 24h or 7d, at most 400d`);
}
