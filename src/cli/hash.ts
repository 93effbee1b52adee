import { passwords } from '../passwords/passwords';
import { type Command, positionals } from './command';
import { PASSWORD_OPTIONS, PASSWORD_USAGE, readPassword } from './read-password';

export const hash: Command = {
  usage: `Usage: securest hash [options]

Asks for a password and prints its hash.

Options:
${PASSWORD_USAGE}
  --json            print one JSON document
`,
  options: PASSWORD_OPTIONS,

  async run(call) {
    positionals(call);
    const made = await passwords.hash(await readPassword(call));
    return { code: 0, text: `${made}\n`, json: { hash: made } };
  },
};
