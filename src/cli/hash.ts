import { passwords } from '../passwords/passwords';
import { type Command, positionals, RefusedError } from './command';
import { unusable } from './new-password';
import { PASSWORD_OPTIONS, PASSWORD_USAGE, readPassword } from './read-password';

export const hash: Command = {
  usage: `Usage: securest hash [options]

Asks for a password and prints its hash. Exits 1 for a password that no login accepts: empty,
longer than 1,024 bytes, or with control characters.

Options:
${PASSWORD_USAGE}
  --json            print one JSON document
`,
  options: PASSWORD_OPTIONS,

  async run(call) {
    positionals(call);
    const password = await readPassword(call);
    const fault = unusable(password);
    if (fault !== undefined) throw new RefusedError(`The password ${fault}`);
    const made = await passwords.hash(password);
    return { code: 0, text: `${made}\n`, json: { hash: made } };
  },
};
