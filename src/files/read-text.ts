import { closeSync, constants, fstatSync, openSync, readFileSync, type BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { codeOf, FileFault } from './file-fault';

/** The text of a file from a single reading. */
export interface FileText {
  readonly text: string;
  readonly digest: string;
  /** The file's {@link fingerprint} after the reading: if it differs from an earlier one, the file was changed. */
  readonly fingerprint: string;
  readonly writableByAll: boolean;
}

/** Non-blocking, because opening a FIFO for reading would wait for a writer. */
export const FLAGS = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/**
 * Changes whenever the file at the path is written or replaced, even if its mtime stays the same. Never rejects: an
 * inaccessible file has a fingerprint too.
 */
export async function fingerprint(path: string): Promise<string> {
  try {
    return fingerprintOf(await stat(path, { bigint: true }));
  } catch (error) {
    return codeOf(error);
  }
}

/**
 * Reads a regular file of at most `maxBytes`, in UTF-8 unless another decoding is given.
 * @throws {FileFault} for anything else
 */
export async function readText(path: string, maxBytes: number, decoded = decode): Promise<FileText> {
  try {
    const handle = await open(path, FLAGS);
    try {
      refuseOddFile(await handle.stat({ bigint: true }), maxBytes);
      const bytes = await handle.readFile();
      return toText(bytes, await handle.stat({ bigint: true }), maxBytes, decoded);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toFault(error);
  }
}

/** {@link readText}, synchronous, for start-up. */
export function readTextSync(path: string, maxBytes: number): FileText {
  try {
    const descriptor = openSync(path, FLAGS);
    try {
      refuseOddFile(fstatSync(descriptor, { bigint: true }), maxBytes);
      const bytes = readFileSync(descriptor);
      return toText(bytes, fstatSync(descriptor, { bigint: true }), maxBytes);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw toFault(error);
  }
}

/** @throws {FileFault} if it is not a regular file, or too large */
export function refuseOddFile(stats: BigIntStats, maxBytes: number): void {
  if (!stats.isFile()) throw new FileFault('is not a regular file');
  if (stats.size > maxBytes) throw new FileFault(`is larger than ${String(maxBytes)} bytes`);
}

function toText(bytes: Buffer, stats: BigIntStats, maxBytes: number, decoded = decode): FileText {
  refuseOddFile(stats, maxBytes);
  return {
    text: decoded(bytes),
    digest: digestOf(bytes),
    fingerprint: fingerprintOf(stats),
    writableByAll: process.platform !== 'win32' && (stats.mode & 0o002n) !== 0n,
  };
}

/** The digest of the concatenated pieces. */
export function digestOf(...pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('base64');
}

/** @throws {FileFault} if the bytes are not UTF-8 */
export function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FileFault('is not UTF-8 text');
  }
}

/** Decodes UTF-8, or UTF-16 as spreadsheets save it, recognised by its mark or a zero byte in the first character. */
export function decodeSheet(bytes: Buffer): string {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  if (!isLittle && !isBig) return decode(bytes);
  try {
    return new TextDecoder(isLittle ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes);
  } catch {
    throw new FileFault('is not UTF-16 text');
  }
}

/** The {@link fingerprint} from the stats of a file. */
export function fingerprintOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

function toFault(error: unknown): FileFault {
  return error instanceof FileFault ? error : new FileFault(`cannot be read (${codeOf(error)})`);
}
