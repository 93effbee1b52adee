/**
 * Access control lists (POSIX ACLs) of files, which Node neither reads nor writes: getfacl and setfacl of the
 * package acl do.
 *
 * Without its list a file must not get the mode that it had: with a list the bits of the group are a mask, and would
 * let in a group that the list keeps out. And a new file may have got a list from its folder that the old one has not.
 */
import { spawn } from 'node:child_process';
import { FileFault } from './file-fault';

/** Of a file that is open. */
export interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
}

const MAX_MS = 5000;
const MAX_CHARACTERS = 1024 * 1024;
const READ = ['--absolute-names', '--omit-header', '--numeric', '--no-effective'];
/** What `ls -l` puts behind the mode of a file with a list. */
const MARKED = /^[^\n]{10}\+/m;

/**
 * Gives the new file the access control list of the old one, or none where that has none. Call it before anything is
 * written into the new file.
 * @throws {FileFault} when it cannot
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

/** The list of one file; of two files, empty unless one of them has more than a mode. Undefined without getfacl. */
async function read(file: OpenFile, other: OpenFile | undefined): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  return other === undefined
    ? run('getfacl', [...READ, '--', own(0)], [file.descriptor])
    : run('getfacl', [...READ, '--skip-base', '--', own(0), own(1)], [file.descriptor, other.descriptor]);
}

/** The path under which a program finds a descriptor that it was handed: nobody can put another file there. */
function own(at: number): string {
  return `/proc/self/fd/${String(3 + at)}`;
}

/** What the program prints; undefined when it cannot be started, fails or takes too long. */
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
      // Processes may be forbidden, as by Node's permission model.
      nothing();
    }
  });
}
