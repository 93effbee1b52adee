/** The text of a key file: `{ "keys": [...] }`, with JWKs and ISO dates. */
import { FileFault } from '../files/file-fault';
import { ConfigurationError } from '../errors';
import { isPlainObject } from '../util/parse-options';
import { toDate } from '../userstores/file/moments';
import { KeyRing, type KeyTimes } from './key-ring';
import type { TokenKey } from './token-key';

/** A hundred keys of 4096 bits fit. */
export const MAX_KEY_FILE_BYTES = 524_288;

/** A key as it stands in the file. */
export type FileKey = Readonly<Record<string, unknown>>;

/** The keys in a text, as they stand there. @throws {FileFault} when the text is no key file */
export function fileKeys(text: string): readonly FileKey[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new FileFault('is no JSON');
  }
  if (!isPlainObject(content) || !Object.keys(content).every((name) => name === 'keys')) {
    throw new FileFault('must be { "keys": [...] }');
  }
  const keys: unknown = content['keys'];
  if (!Array.isArray(keys) || !keys.every(isPlainObject)) throw new FileFault('must be { "keys": [...] }');
  return keys;
}

/**
 * The keys and their times, after a check that they form a valid set, which can sign at the time `now`.
 * @param mayBeUnable true if the set need not be able to sign
 * @throws {FileFault} with the fault in its message, without any content of the file
 */
export function readKeys(
  keys: readonly FileKey[],
  now: number,
  mayBeUnable = false,
): { readonly keys: readonly TokenKey[]; readonly times: readonly KeyTimes[] } {
  const read = keys.map((key, index) => ({
    ...key,
    ...dateIn(key, 'signFrom', index),
    ...dateIn(key, 'until', index),
  })) as unknown as readonly TokenKey[];
  try {
    const options = { component: 'KeyFile', clock: () => now, mustSayWhen: true, mayBeUnable };
    return { keys: read, times: new KeyRing(read, options).times };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new FileFault(`has no valid keys (${error.message})`);
  }
}

/** Reads a key file, for the file watcher. */
// eslint-disable-next-line require-yield -- the file is small
export function* readKeyFile(text: string): Generator<void, readonly TokenKey[]> {
  return readKeys(fileKeys(text), Date.now()).keys;
}

function dateIn(key: FileKey, name: string, index: number): Readonly<Record<string, Date>> {
  if (!Object.hasOwn(key, name)) return {};
  const value = key[name];
  const date = typeof value === 'string' ? toDate(value) : undefined;
  if (date instanceof Date) return { [name]: date };
  throw new FileFault(
    `keys[${String(index)}].${name} must be a time as "2027-01-31T00:00:00Z", with Z or an offset`,
  );
}
