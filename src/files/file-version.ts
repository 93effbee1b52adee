import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { codeOf, FileFault } from './file-fault';
import { decode, fingerprintOf, FLAGS, refuseOddFile } from './read-text';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const PART_BYTES = 1024 * 1024;

/** A file as it was read, kept open, or that there was none. */
export class FileVersion {
  private constructor(
    private readonly path: string,
    readonly descriptor: number | undefined,
    readonly bytes: Buffer,
    readonly stats: BigIntStats | undefined,
  ) {}

  /** @throws {FileFault} when it is not a text file of at most that size */
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

  /** Undefined where there was no file. @throws {FileFault} for what is no UTF-8 */
  text(): string | undefined {
    return this.descriptor === undefined ? undefined : decode(this.bytes);
  }

  /** How long ago it was written, in milliseconds, and its fingerprint. */
  static async look(path: string): Promise<{ age: number; seen: string }> {
    try {
      const stats = await stat(path, { bigint: true });
      return { age: Date.now() - Number(stats.mtimeMs), seen: fingerprintOf(stats) };
    } catch {
      return { age: Number.POSITIVE_INFINITY, seen: '' };
    }
  }

  /** True when the path still leads to this file, and it still holds the same. */
  isCurrent(): boolean {
    if (!this.isInPlace() || !this.isUntouched()) return false;
    // Reading takes a while for a large file, looking does not.
    return this.isInPlace();
  }

  /** True when this very file still holds the same, wherever it is. */
  isUntouched(): boolean {
    if (this.descriptor === undefined) return true;
    const part = Buffer.alloc(Math.min(PART_BYTES, this.bytes.length + 1));
    for (let at = 0; ; at += part.length) {
      const length = readInto(part, this.descriptor, at);
      if (!part.subarray(0, length).equals(this.bytes.subarray(at, at + part.length))) return false;
      if (length < part.length) return true;
    }
  }

  /** The bytes of another text in the way of this one. */
  encode(text: string): Buffer {
    const isMarked = this.bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const bytes = Buffer.from(text);
    return isMarked ? Buffer.concat([BYTE_ORDER_MARK, bytes]) : bytes;
  }

  /** What this very file holds now. */
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

/** From the start, wherever the descriptor stands. */
function readAll(descriptor: number): Buffer {
  const size = fstatSync(descriptor).size;
  // One byte more than there should be is a file that is being written to.
  const bytes = Buffer.alloc(size + 1);
  return bytes.subarray(0, readInto(bytes, descriptor, 0));
}

/** Fills the bytes from that place of the file. @returns how many there were */
function readInto(bytes: Buffer, descriptor: number, position: number): number {
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}
