import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { editFile } from '../files/edit-file';
import { describeFault, FileFault } from '../files/file-fault';
import { passwords } from '../passwords/passwords';
import { FileUserDirectory } from '../userstores/file/file-directory';
import { printable } from '../util/printable';
import { type Command, RefusedError, UsageError } from './command';
import {
  COMPILER_NEEDS,
  filesOf,
  IGNORED,
  type InitDriver,
  isInitDriver,
  LOCK_FILE,
  USERS_FILE,
} from './init-files';
import { completePackage, newPackage } from './init-package';
import { InitTarget } from './init-target';

const MANIFEST = 'package.json';
const MAX_MANIFEST_BYTES = 1024 * 1024;
const USERNAME = 'admin';

/** The contents that an existing file may lack. The file itself is left alone. */
const NEEDS: Readonly<Record<string, string>> = {
  'tsconfig.json': `it must have ${COMPILER_NEEDS}`,
  '.gitignore': `it should have ${IGNORED.join(', ')}`,
  'src/app.ts': 'it must export createApp and options, which src/server.ts and src/without-users.ts import',
  'src/users.ts': 'it must export Users, which src/memory-users.ts imports',
  'src/account-controller.ts': 'it must export AccountController, which src/app.ts imports',
};

/** The result of the command. */
interface Made {
  readonly written: string[];
  readonly left: { readonly file: string; readonly note: string | undefined }[];
  /** The password of the new user; undefined if the file of users existed. */
  password: string | undefined;
}

export const init: Command = {
  usage: `Usage: securest init [folder] [options]

Writes a small app with guarded routes: package.json, tsconfig.json, a userstore with one user, a provider, a
controller, a server, a test and the lock file of its access. It asks no questions. Existing files are left alone, but
package.json gets the scripts and packages that it lacks. The user gets a random password, which is printed only once.

Exits 1 without writing if something other than the expected folder or file is in the way, if a link leads out of the
folder, or if package.json is not valid.

Options:
  --driver <koa|express>  default: koa
  --json                  print one JSON document
`,
  options: { driver: { type: 'string' } },

  async run(call) {
    const [folder = '.', ...others] = call.positionals;
    const driver = call.text('driver') ?? 'koa';
    if (folder === '' || others.length > 0) throw new UsageError('Expected [folder]');
    if (!isInitDriver(driver)) throw new UsageError('--driver must be koa or express');
    const target = await InitTarget.at(folder);
    const made: Made = { written: [], left: [], password: undefined };
    const files = filesOf(driver);
    await refuseObstacles(target, Object.keys(files), driver);
    await writeManifest(target, driver, made);
    for (const [file, text] of Object.entries(files)) {
      if (await target.write(file, text)) made.written.push(file);
      else if ((await readFile(target.path(file), 'utf8')) !== text)
        made.left.push({ file, note: NEEDS[file] });
    }
    await writeUsers(target, made);
    return {
      code: 0,
      text: textOf(folder, driver, target, made),
      json: { folder: target.root, driver, ...made, username: USERNAME },
    };
  },
};

/** Checks all paths before the first file is written. @throws {RefusedError} */
async function refuseObstacles(
  target: InitTarget,
  files: readonly string[],
  driver: InitDriver,
): Promise<void> {
  for (const file of [...files, USERS_FILE]) await target.has(file);
  if (await target.has(MANIFEST)) completePackage(await readFile(target.path(MANIFEST), 'utf8'), driver);
}

async function writeManifest(target: InitTarget, driver: InitDriver, made: Made): Promise<void> {
  if (await target.write(MANIFEST, newPackage(target.root, driver))) {
    made.written.push(MANIFEST);
    return;
  }
  const path = target.path(MANIFEST);
  let done: ReturnType<typeof completePackage> | undefined;
  try {
    await editFile({
      path,
      maxBytes: MAX_MANIFEST_BYTES,
      // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown rejects
      edit: async (old) => {
        done = completePackage(old.text() ?? '', driver);
        return done.isChanged ? { pieces: [Buffer.from(done.text)], value: undefined } : undefined;
      },
    });
  } catch (error) {
    throw error instanceof FileFault ? new Error(describeFault(path, error)) : error;
  }
  if (done?.isChanged === true) made.written.push(`${MANIFEST} (missing entries)`);
  for (const note of done?.left ?? []) made.left.push({ file: MANIFEST, note });
}

/** The last step: nothing can fail after it, so the password is always printed. */
async function writeUsers(target: InitTarget, made: Made): Promise<void> {
  if (await target.has(USERS_FILE)) {
    made.left.push({ file: USERS_FILE, note: undefined });
    return;
  }
  const password = randomBytes(18).toString('base64url');
  const directory = new FileUserDirectory({ path: target.path(USERS_FILE), create: true });
  const isAdded = await directory.add({
    username: USERNAME,
    password: await passwords.hash(password),
    roles: ['admin'],
    tokensValidFrom: new Date(),
  });
  if (!isAdded) throw new RefusedError(`Another process has written ${USERS_FILE} in the meantime`);
  made.written.push(USERS_FILE);
  made.password = password;
}

function textOf(folder: string, driver: InitDriver, target: InitTarget, made: Made): string {
  const { written, left, password } = made;
  const lines = [
    written.length === 0 ? 'Nothing was missing' : `Written to ${printable(folder)}, for ${driver}:`,
    ...written.map((file) => `  ${file}`),
    ...(left.length === 0 ? [] : ['Left alone:']),
    ...left.map(({ file, note }) => `  ${file}${note === undefined ? '' : `: ${printable(note)}`}`),
    '',
    ...(password === undefined
      ? []
      : [`User ${USERNAME} has the password ${password}`, 'It is shown only once.', '']),
    'Next:',
    ...(relative(process.cwd(), target.root) === '' ? [] : [`  cd ${printable(folder)}`]),
    '  npm install',
    '  npm run build',
    '  npm test',
    '  npm start',
    `  curl -u ${USERNAME} http://127.0.0.1:3000/me`,
    `  npm run report  (fails if the access differs from ${LOCK_FILE})`,
    `  npx securest user add ${USERS_FILE} ann`,
  ];
  return `${lines.join('\n')}\n`;
}
