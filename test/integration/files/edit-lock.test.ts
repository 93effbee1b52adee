import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { acquireLock } from '../../../src/files/edit-lock';
import { FileFault } from '../../../src/files/file-fault';

describe('acquireLock', () => {
  let folder: string;
  let path: string;
  let host: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'lock');
    const lock = await acquireLock(path, 0);
    host = readlinkSync(path).split(':')[0]!;
    lock.release();
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => expect(readdirSync(folder)).to.deep.equal([]));

  const taken = async (holder: string): Promise<void> => {
    symlinkSync(holder, path);
    const lock = await acquireLock(path, 500);
    expect(lock.isHeld()).to.equal(true);
    lock.release();
  };
  const refused = async (): Promise<void> => {
    const error: unknown = await acquireLock(path, 50).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FileFault);
    rmSync(path);
  };

  it('holds for one at a time', async () => {
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const lock = await acquireLock(path, 5000);
        holders += 1;
        most = Math.max(most, holders);
        await new Promise((next) => setImmediate(next));
        holders -= 1;
        lock.release();
      }),
    );
    expect(most).to.equal(1);
  });

  it('is taken at once from a process that is gone, or whose number another one has', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((settle) => child.on('close', settle));
    await taken(`${host}:${child.pid}:123:aa`);
    if (process.platform === 'linux') await taken(`${host}:${process.pid}:1:aa`);
  });

  it('is taken at once by twenty from one that is gone, by each once', async () => {
    symlinkSync(`${host}:999999999:1:aa`, path);
    let holders = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const lock = await acquireLock(path, 5000);
        expect((holders += 1)).to.equal(1);
        await new Promise((next) => setImmediate(next));
        holders -= 1;
        lock.release();
      }),
    );
  });

  it('is not taken from a process that lives, or that cannot be seen', async () => {
    const lock = await acquireLock(path, 0);
    const error: unknown = await acquireLock(path, 50).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FileFault);
    lock.release();
    for (const holder of ['elsewhere:1:1:aa', 'nonsense', `${host}:x:1:aa`]) {
      symlinkSync(holder, path);
      await refused();
    }
    writeFileSync(path, '');
    await refused();
  });

  it('is not released by one who has lost it', async () => {
    const lock = await acquireLock(path, 0);
    rmSync(path);
    symlinkSync('elsewhere:1:1:aa', path);
    expect(lock.isHeld()).to.equal(false);
    lock.release();
    expect(readlinkSync(path)).to.equal('elsewhere:1:1:aa');
    rmSync(path);
  });
});
