import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../../src/errors';
import { FileFault } from '../../../src/files/file-fault';
import { WatchedFile } from '../../../src/files/watched-file';
import { compiled } from '../../support/compiled';
import { eventually } from '../../support/eventually';

// eslint-disable-next-line require-yield -- a small file is parsed in one step
function* parse(text: string): Generator<void, string> {
  if (!text.startsWith('good')) throw new FileFault('is bad', 1);
  loads.push(text);
  return text;
}

// eslint-disable-next-line require-yield -- as above
function* plain(text: string): Generator<void, string> {
  return text;
}

/** What was read without a fault after the start. */
let loads: string[] = [];

describe('WatchedFile', () => {
  let folder: string;
  let path: string;
  let file: WatchedFile<string> | undefined;
  let problems: string[];

  const watch = (
    options: { maxBytes?: number; path?: string; pollMs?: number } = {},
  ): WatchedFile<string> => {
    file = new WatchedFile({
      path,
      maxBytes: 1000,
      pollMs: 10,
      parse,
      onProblem: (problem) => problems.push(problem),
      ...options,
    });
    loads = [];
    return file;
  };
  const replace = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const taken = (text: string): Promise<void> => eventually(() => file?.value === text);
  /** Another watcher, that looks far less often, has seen a change of its own file and taken it. */
  const manyLooksLater = async (): Promise<void> => {
    const other = join(folder, 'other.txt');
    writeFileSync(other, 'good');
    const slow = new WatchedFile({
      path: other,
      maxBytes: 100,
      pollMs: 80,
      parse: plain,
      onProblem: () => undefined,
    });
    writeFileSync(other, 'good too');
    await eventually(() => slow.value === 'good too');
    slow.close();
  };
  const reported = (count: number): Promise<void> => eventually(() => problems.length >= count);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'file.txt');
    writeFileSync(path, 'good 1');
    loads = [];
    problems = [];
  });

  afterEach(() => {
    file?.close();
    file = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its value at once', () => {
    expect(watch().value).to.equal('good 1');
  });

  it('refuses to start with a bad, missing, too large or odd file, or one that is no UTF-8', () => {
    const refused = (text: RegExp): void => {
      expect(() => watch()).to.throw(ConfigurationError, text);
    };
    writeFileSync(path, 'secret content');
    refused(/^[^ ]*file\.txt:1 is bad$/);
    writeFileSync(path, Buffer.from([0x67, 0xff]));
    refused(/is not UTF-8 text/);
    truncateSync(path, 1_000_000_000);
    refused(/is larger than 1000 bytes/);
    rmSync(path);
    refused(/cannot be read \(ENOENT\)/);
    mkdirSync(path);
    refused(/is not a regular file/);
  });

  it('refuses a FIFO without waiting for a writer', function () {
    if (process.platform === 'win32') this.skip();
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(() => watch()).to.throw(ConfigurationError, /is not a regular file/);
  });

  it('names the fault of its reader only as such', () => {
    const broken = (): never => {
      throw new Error('secret content');
    };
    expect(() => new WatchedFile({ path, maxBytes: 9, parse: broken, onProblem: () => undefined })).to.throw(
      ConfigurationError,
      /file\.txt cannot be read: its reader failed$/,
    );
  });

  it('takes what is written in place', async () => {
    watch();
    writeFileSync(path, 'good 2');
    await taken('good 2');
    expect(loads).to.deep.equal(['good 2']);
  });

  it('takes a file that is renamed over it', async () => {
    watch();
    replace('good 2');
    await taken('good 2');
    expect(loads).to.deep.equal(['good 2']);
  });

  it('takes a change that keeps size and modification time', async () => {
    watch();
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'good 2');
    utimesSync(path, atime, mtime);
    await taken('good 2');
  });

  it('follows a symlink that is swapped, of the file or of a folder above it', async () => {
    for (const version of ['v1', 'v2', 'v3']) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'users'), `good ${version}`);
    }
    symlinkSync('v1', join(folder, '..data'));
    symlinkSync(join('..data', 'users'), join(folder, 'users'));
    watch({ path: join(folder, 'users') });
    expect(file?.value).to.equal('good v1');

    symlinkSync('v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    await taken('good v2');

    symlinkSync(join('v3', 'users'), join(folder, 'users_tmp'));
    renameSync(join(folder, 'users_tmp'), join(folder, 'users'));
    await taken('good v3');
    expect(loads).to.deep.equal(['good v2', 'good v3']);
  });

  it('keeps the value when the file is deleted, and takes a new one', async () => {
    watch();
    rmSync(path);
    await reported(1);
    await manyLooksLater();
    expect(file?.value).to.equal('good 1');
    expect(problems[0]).to.match(/file\.txt cannot be read \(ENOENT\); the last good version stays$/);
    writeFileSync(path, 'good 2');
    await taken('good 2');
    expect(problems).to.have.length(1);
  });

  it('keeps the value when the folder goes, and takes the file of a new folder', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    path = join(inner, 'file.txt');
    writeFileSync(path, 'good 1');
    watch();
    rmSync(inner, { recursive: true });
    await reported(1);
    expect(file?.value).to.equal('good 1');
    mkdirSync(inner);
    writeFileSync(path, 'good 2');
    await taken('good 2');
  });

  it('reports each bad version once, without its content, and takes the good one after it', async () => {
    watch();
    writeFileSync(path, 'secret one');
    await reported(1);
    await manyLooksLater();
    expect(problems).to.have.length(1);
    writeFileSync(path, '');
    await reported(2);
    expect(file?.value).to.equal('good 1');
    writeFileSync(path, 'good 2');
    await taken('good 2');
    expect(problems).to.have.length(2);
    expect(problems.join()).to.include('file.txt:1 is bad').and.not.include('secret');
  });

  it('takes no version of a file that does not stand still', async () => {
    const original = globalThis.setTimeout;
    let looks = 0;
    let standsStill = false;
    // Whenever it is about to look, somebody has written once more.
    globalThis.setTimeout = ((
      look: (...values: unknown[]) => void,
      milliseconds?: number,
      ...values: unknown[]
    ) =>
      original(() => {
        if (!standsStill) writeFileSync(path, `good${' '.repeat((looks += 1))} half`);
        look(...values);
      }, milliseconds)) as typeof setTimeout;
    try {
      watch();
      while (looks < 50) await new Promise((resume) => setImmediate(resume));
    } finally {
      globalThis.setTimeout = original;
      standsStill = true;
    }
    expect(loads).to.deep.equal([]);
    writeFileSync(path, 'good whole');
    await taken('good whole');
    expect(loads).to.deep.equal(['good whole']);
  });

  it('makes few readings of a thousand writes, and the last content wins', async () => {
    watch();
    for (let count = 0; count < 1000; count += 1) writeFileSync(path, `good ${String(count)}`);
    await taken('good 999');
    expect(loads).to.deep.equal(['good 999']);
  });

  it('does not load again what was only touched', async () => {
    watch();
    utimesSync(path, new Date(), new Date(5000));
    await manyLooksLater();
    replace('good 1');
    await manyLooksLater();
    expect(loads).to.deep.equal([]);
    replace('good 2');
    await taken('good 2');
  });

  it('goes on when a listener throws', async () => {
    file = new WatchedFile({
      path,
      maxBytes: 100,
      pollMs: 5,
      parse,
      onProblem: (problem) => {
        problems.push(problem);
        throw new Error('listener');
      },
    });
    replace('bad');
    await reported(1);
    replace('good 2');
    await taken('good 2');
    replace('good 33');
    await taken('good 33');
  });

  it('lets other work go on while it parses', async () => {
    let sliced = false;
    function* slowly(text: string): Generator<void, string> {
      if (text === 'good 1') return text;
      setImmediate(() => (sliced = true));
      while (!sliced) yield;
      return text;
    }
    file = new WatchedFile({ path, maxBytes: 100, pollMs: 5, parse: slowly, onProblem: () => undefined });
    replace('good 2');
    await taken('good 2');
    expect(sliced).to.equal(true);
  });

  it('reports a file that everyone may write', function () {
    if (process.platform === 'win32') this.skip();
    chmodSync(path, 0o666);
    watch();
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include('may be written by everyone');
  });

  it('takes nothing more once it is closed', async () => {
    const closed = watch();
    closed.close();
    const other = new WatchedFile({ path, maxBytes: 100, pollMs: 10, parse, onProblem: () => undefined });
    replace('good 2');
    await eventually(() => other.value === 'good 2');
    other.close();
    expect(closed.value).to.equal('good 1');
  });

  it('takes what changed while it was closed, and later changes, once it is resumed', async () => {
    watch();
    file?.close();
    replace('good 2');
    file?.resume();
    await taken('good 2');
    replace('good 3');
    await taken('good 3');
    expect(loads).to.deep.equal(['good 2', 'good 3']);
  });

  it('takes a version that close() made it drop, once it is resumed', async () => {
    let isHeld = true;
    let begun = 0;
    function* slowly(text: string): Generator<void, string> {
      if (text === 'good 1') return text;
      begun += 1;
      while (isHeld) yield;
      return text;
    }
    file = new WatchedFile({ path, maxBytes: 100, pollMs: 5, parse: slowly, onProblem: () => undefined });
    replace('good 2');
    await eventually(() => begun === 1);
    file.close();
    isHeld = false;
    await manyLooksLater();
    expect(file.value).to.equal('good 1');
    file.resume();
    await taken('good 2');
  });

  it('watches once, however often it is resumed', async () => {
    watch({ path: join(folder, 'file.txt') });
    for (let times = 0; times < 3; times += 1) {
      file?.close();
      file?.resume();
      file?.resume();
    }
    replace('good 2');
    await taken('good 2');
    await manyLooksLater();
    expect(loads.filter((text) => text === 'good 2')).to.have.length(1);
  });

  it('does not keep the process alive', () => {
    const script = `
      const { WatchedFile } = require(${JSON.stringify(compiled('src/files/watched-file.ts'))});
      const parse = function* (text) { return text; };
      new WatchedFile({ path: ${JSON.stringify(path)}, maxBytes: 100, parse, onProblem() {} });`;
    const { status, signal } = spawnSync(process.execPath, ['-e', script], {
      timeout: 60_000,
    });
    expect({ status, signal }).to.deep.equal({ status: 0, signal: null });
  });
});
