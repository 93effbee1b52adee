/**
 * The keytab that libkrb5 reads, and the check that it has a key of the service, so that a wrong set-up is found when
 * the app starts and not at the first login.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { ConfigurationError } from '../errors';
import { printable } from '../util/printable';

const MAX_BYTES = 1_048_576;
const MAX_NAMES = 10;

/** Chooses libkrb5's keytab. The only way is the variable `KRB5_KTNAME`, which applies to the whole process. */
export class KeytabChoice {
  #usesDefault = false;

  constructor(
    private readonly env: NodeJS.ProcessEnv = process.env,
    private readonly isWorker = !isMainThread,
  ) {}

  /**
   * @param path undefined for the keytab that is set already, or libkrb5's default
   * @param check gets the keytab's file, if it is known; if it throws, nothing is changed
   * @throws ConfigurationError when another keytab is in use
   */
  use(path: string | undefined, check: (file: string) => void): void {
    const present = this.env['KRB5_KTNAME'] ?? '';
    if (path === undefined) {
      const known = fileOf(present);
      if (known !== undefined) check(known);
      this.#usesDefault ||= present === '';
      return;
    }
    const file = resolve(path);
    if (present !== '' ? fileOf(present) !== file : this.#usesDefault) {
      throw new ConfigurationError(
        `KerberosProvider cannot use the keytab ${path}: this process uses ` +
          `${present === '' ? "libkrb5's default" : present} already, and can use only one (KRB5_KTNAME). Put the ` +
          'keys of all services into one keytab',
      );
    }
    if (present === '' && this.isWorker) {
      throw new ConfigurationError(
        'KerberosProvider cannot choose the keytab from a worker thread: start the process with KRB5_KTNAME',
      );
    }
    check(file);
    this.env['KRB5_KTNAME'] = `FILE:${file}`;
  }
}

export const keytabOfProcess = new KeytabChoice();

function fileOf(name: string): string | undefined {
  const [, path] = /^(?:(?:WR)?FILE:)?(\/.*)$/.exec(name) ?? [];
  return path;
}

/**
 * Refuses a keytab without a key of the service.
 * @throws ConfigurationError that names the missing key and the keys in the keytab
 */
export function checkKeytab(path: string, service: string): void {
  const names = principalsIn(readKeytab(path));
  const name = service.replace('@', '/');
  if (names.some((principal) => principal.startsWith(`${name}@`))) return;
  const wrongCase = names.find((principal) => principal.toLowerCase().startsWith(`${name.toLowerCase()}@`));
  const others = names.slice(0, MAX_NAMES).map((principal) => printable(principal));
  throw new ConfigurationError(
    `The keytab ${path} has no key for ${name}` +
      (wrongCase === undefined
        ? ''
        : `, but one in other letters: make one for ${name}, names are compared exactly`) +
      `. It has ${others.length === 0 ? 'no key at all' : `keys for ${others.join(', ')}`}`,
  );
}

/** The fault of the file's permissions, in words; undefined if only the owner and the group may use it. */
export function keytabExposure(path: string): string | undefined {
  const isExposed = process.platform !== 'win32' && (statSync(path).mode & 0o007) !== 0;
  return isExposed ? `everybody on this machine can use the keytab ${path}: chmod 600` : undefined;
}

function readKeytab(path: string): Buffer {
  let bytes: Buffer;
  try {
    if (statSync(path).size > MAX_BYTES) throw new RangeError('It has more than 1 MiB');
    bytes = readFileSync(path);
  } catch (cause) {
    const { code } = (cause ?? {}) as { code?: unknown };
    const what = code === 'ENOENT' ? 'is not there' : 'cannot be read';
    throw new ConfigurationError(
      `The keytab ${path} ${what}: it must be a file that the user of this process (uid ` +
        `${String(process.getuid?.())}), and nobody else, can read`,
      { cause },
    );
  }
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x05_02) {
    bytes.fill(0);
    throw new ConfigurationError(`${path} is not a keytab`);
  }
  return bytes;
}

/** The principals in a keytab of version 2, up to the first unreadable entry. The bytes are erased. */
function principalsIn(bytes: Buffer): string[] {
  const names = new Set<string>();
  try {
    for (let at = 2; at + 4 <= bytes.length;) {
      const size = bytes.readInt32BE(at);
      at += 4;
      // A removed entry leaves a hole, whose size is negative; zero ends the file.
      if (size > 0) names.add(principalAt(bytes, at));
      if (size === 0) break;
      at += Math.abs(size);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  } finally {
    bytes.fill(0);
  }
  return [...names];
}

function principalAt(bytes: Buffer, start: number): string {
  let at = start + 2;
  const text = (): string => {
    const length = bytes.readUInt16BE(at);
    if (at + 2 + length > bytes.length) throw new RangeError('The keytab ends within a name');
    at += 2 + length;
    return bytes.toString('utf8', at - length, at);
  };
  const realm = text();
  const components = Array.from({ length: bytes.readUInt16BE(start) }, text);
  return `${components.join('/')}@${realm}`;
}
