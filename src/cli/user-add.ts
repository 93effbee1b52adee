import { formsOf } from '../util/normal-forms';
import { printable } from '../util/printable';
import { type Command, positionals, RefusedError } from './command';
import { colonNotice, newNamesFault } from './new-names';
import { NEW_PASSWORD_OPTIONS, newHash } from './new-password';
import { STORE_USAGE, withDirectory } from './open-directory';
import { PASSWORD_USAGE } from './read-password';

export const userAdd: Command = {
  usage: `Usage: securest user add <store> <username> [options]

Adds a user and asks for the password. Tokens of a former user of the same name are refused. Exits 1 if a user of that
name exists, or if a name is not valid: empty, longer than 255 characters, with control characters or with white space
at the ends.

${STORE_USAGE}

Options:
${PASSWORD_USAGE}
  --weak            accept a short or common password
  --email <address>
  --role <name>     may be given several times
  --group <name>    may be given several times; the store must have the group
  --disabled        refuse logins until the user is enabled
  --create          create the user file if it does not exist
  --json            print one JSON document
`,
  options: {
    ...NEW_PASSWORD_OPTIONS,
    email: { type: 'string' },
    role: { type: 'string', multiple: true },
    group: { type: 'string', multiple: true },
    disabled: { type: 'boolean' },
    create: { type: 'boolean' },
  },

  async run(call) {
    const [store = '', username = ''] = positionals(call, 'store', 'username');
    const email = call.text('email');
    const roles = someOf(call.texts('role'));
    const groups = someOf(call.texts('group'));
    const fault = newNamesFault({ username, roles, groups });
    if (fault !== undefined) throw new RefusedError(fault);
    const colon = colonNotice(username);
    return withDirectory(
      store,
      async (directory) => {
        const exists = new RefusedError(`User ${username} exists already`);
        const there = await directory.existing(formsOf(username));
        if (there.has(username)) throw exists;
        if (there.size > 0) {
          throw new RefusedError(`User ${username} exists already, in another normal form of Unicode`);
        }
        const password = await newHash(call, [username, email]);
        const isAdded = await directory.add({
          username,
          password,
          email,
          active: call.flag('disabled') ? false : undefined,
          roles,
          groups,
          tokensValidFrom: new Date(),
        });
        if (!isAdded) throw exists;
        return {
          code: 0,
          text: `${printable(username)} added\n`,
          json: { username, added: true },
          ...(colon !== undefined && { notice: `${colon}\n` }),
        };
      },
      call.flag('create'),
    );
  },
};

function someOf(names: readonly string[]): readonly string[] | undefined {
  return names.length === 0 ? undefined : [...new Set(names)];
}
