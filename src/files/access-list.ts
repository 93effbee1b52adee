/**
 * Access control lists (POSIX ACLs) of files. Node neither reads nor writes them, so getfacl and setfacl of the package
 * acl are used.
 *
 * A new file must not get the mode of the old file without its list: with a list the group bits of the mode are a mask,
 * and without the list they would admit a group that the list excludes. A new file may also inherit a list from its
 * folder that the old file does not have.
 */
import { spawn } from 'node:child_process';
import { FileFault } from './file-fault';

/** An open file. */
export interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
}

const MAX_MS = 5000;
const MAX_CHARACTERS = 1024 * 1024;
const READ = ['--absolute-names', '--omit-header', '--numeric', '--no-effective'];
/** Matches the plus sign that `ls -l` prints after the mode of a file with a list. */
const MARKED = /^[^\n]{10}\+/m;

/**
 * Gives the new file the access control list of the old file, or removes its list if the old file has no list. Call it
 * before content is written into the new file.
 * @throws {FileFault} if the list cannot be copied
 */
export async function keepAccessList(old: OpenFile, next: OpenFile): Promise<void> {
  const found = await read(old, next);
  if (found === '') return;
  if (found !== undefined) {
    const list = await read(old, undefined);
    const isSet =
      list !== undefined &&
      (await run('setfacl', ['--set-file=-', '--', own(0)], [next.descriptor], list)) !== undefined &&
      (await read(next, undefined)) === list;
    if (!isSet) throw new FileFault('cannot be replaced: its access control list could not be kept');
  } else if (MARKED.test((await run('ls', ['-ldL', '--', old.path, next.path])) ?? '')) {
    throw new FileFault(
      'cannot be replaced: it or its folder has an access control list, which cannot be kept without getfacl and ' +
        'setfacl. Install the package acl, or remove the list',
    );
  }
}

/** The list of a file. For two files, empty if both have only a mode. Undefined without getfacl. */
async function read(file: OpenFile, other: OpenFile | undefined): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  return other === undefined
    ? run('getfacl', [...READ, '--', own(0)], [file.descriptor])
    : run('getfacl', [...READ, '--skip-base', '--', own(0), own(1)], [file.descriptor, other.descriptor]);
}

/** The path of a descriptor that a program inherits: unlike the file's own path, it cannot be replaced meanwhile. */
function own(at: number): string {
  return `/proc/self/fd/${String(3 + at)}`;
}

/** The output of the program; undefined if it cannot be started, fails or takes too long. */
function run(
  program: string,
  args: readonly string[],
  descriptors: readonly number[] = [],
  input = '',
): Promise<string | undefined> {
  return new Promise((settle) => {
    const nothing = (): void => {
      settle(undefined);
    };
    try {
      const child = spawn(program, args, {
        stdio: ['pipe', 'pipe', 'ignore', ...descriptors],
        env: { ...(process.env.PATH !== undefined && { PATH: process.env.PATH }), LC_ALL: 'C' },
        timeout: MAX_MS,
        killSignal: 'SIGKILL',
      });
      let output = '';
      child.stdout?.setEncoding('utf8').on('data', (part: string) => {
        output += part;
        if (output.length > MAX_CHARACTERS) child.kill('SIGKILL');
      });
      child.on('error', nothing);
      child.on('exit', (code) => {
        if (code !== 0) nothing();
      });
      child.on('close', () => {
        settle(output);
      });
      child.stdin?.on('error', () => undefined).end(input);
    } catch {
      // Child processes may be forbidden, for example by Node's permission model.
      nothing();
    }
  });
}
