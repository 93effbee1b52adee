import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { codeOf, FileFault } from './file-fault';
import { decode, fingerprintOf, FLAGS, refuseOddFile } from './read-text';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** A file as it was read, kept open, or that there was none. */
export class FileVersion {
  /** Undefined where there was no file. */
  readonly text: string | undefined;

  private constructor(
    private readonly path: string,
    readonly descriptor: number | undefined,
    private readonly bytes: Buffer,
    readonly stats: BigIntStats | undefined,
  ) {
    this.text = descriptor === undefined ? undefined : decode(bytes);
  }

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
    return this.descriptor === undefined || readAll(this.descriptor).equals(this.bytes);
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
  const bytes = Buffer.alloc(size + 1);
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, length);
    if (count === 0) break;
    length += count;
  }
  // One byte more than there should be is a file that is being written to.
  return bytes.subarray(0, length);
}
