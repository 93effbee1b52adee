import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { codeOf, FileFault } from './file-fault';
import { decode, fingerprintOf, FLAGS, refuseOddFile } from './read-text';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const PART_BYTES = 1024 * 1024;

/** A file as it was read, which is kept open; or a missing file. */
export class FileVersion {
  private constructor(
    private readonly path: string,
    readonly descriptor: number | undefined,
    readonly bytes: Buffer,
    readonly stats: BigIntStats | undefined,
  ) {}

  /** @throws {FileFault} if it cannot be read, or is not a regular file of at most `maxBytes` */
  static open(path: string, maxBytes: number): FileVersion {
    let descriptor: number;
    try {
      descriptor = openSync(path, FLAGS);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return new FileVersion(path, undefined, Buffer.alloc(0), undefined);
      throw new FileFault(`cannot be read (${codeOf(error)})`);
    }
    try {
      const stats = fstatSync(descriptor, { bigint: true });
      refuseOddFile(stats, maxBytes);
      return new FileVersion(path, descriptor, readAll(descriptor), stats);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Undefined if the file was missing. @throws {FileFault} if it is not UTF-8 */
  text(): string | undefined {
    return this.descriptor === undefined ? undefined : decode(this.bytes);
  }

  /** The time since the file was last written, in milliseconds, and its fingerprint. */
  static async look(path: string): Promise<{ age: number; seen: string }> {
    try {
      const stats = await stat(path, { bigint: true });
      return { age: Date.now() - Number(stats.mtimeMs), seen: fingerprintOf(stats) };
    } catch {
      return { age: Number.POSITIVE_INFINITY, seen: '' };
    }
  }

  /** True if the path still leads to this file, and its content is unchanged. */
  isCurrent(): boolean {
    if (!this.isInPlace() || !this.isUntouched()) return false;
    // Reading a large file takes a while, so its place is checked again.
    return this.isInPlace();
  }

  /** True if the content of this file is unchanged, wherever the file is now. */
  isUntouched(): boolean {
    if (this.descriptor === undefined) return true;
    const part = Buffer.alloc(Math.min(PART_BYTES, this.bytes.length + 1));
    for (let at = 0; ; at += part.length) {
      const length = readInto(part, this.descriptor, at);
      if (!part.subarray(0, length).equals(this.bytes.subarray(at, at + part.length))) return false;
      if (length < part.length) return true;
    }
  }

  /** The bytes of another text, with a byte order mark if this file has one. */
  encode(text: string): Buffer {
    const isMarked = this.bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const bytes = Buffer.from(text);
    return isMarked ? Buffer.concat([BYTE_ORDER_MARK, bytes]) : bytes;
  }

  /** The present content of this file, wherever the file is now. */
  read(): Buffer {
    return this.descriptor === undefined ? this.bytes : readAll(this.descriptor);
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }

  private isInPlace(): boolean {
    const now = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (now === undefined || this.stats === undefined) return now === this.stats;
    return now.ino === this.stats.ino && now.dev === this.stats.dev && now.size === this.stats.size;
  }
}

/** Reads from the start, whatever the position of the descriptor. */
function readAll(descriptor: number): Buffer {
  const size = fstatSync(descriptor).size;
  // One byte more than expected, to detect a file that is being written to.
  const bytes = Buffer.alloc(size + 1);
  return bytes.subarray(0, readInto(bytes, descriptor, 0));
}

/** Fills the buffer from a position in the file. @returns the number of bytes read */
function readInto(bytes: Buffer, descriptor: number, position: number): number {
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}
