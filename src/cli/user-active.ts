import { printable } from '../util/printable';
import { type Command, positionals, RefusedError } from './command';
import { updateEndingTokens } from './end-tokens';
import { STORE_USAGE, withDirectory } from './open-directory';

export const userDisable = activation(
  'disable',
  false,
  "Refuses all logins of a user and ends the user's tokens",
  'may not log in; earlier tokens have ended',
);
export const userEnable = activation(
  'enable',
  true,
  'Lets a disabled user log in again, with new tokens',
  'may log in',
);

function activation(name: string, active: boolean, what: string, done: string): Command {
  return {
    usage: `Usage: securest user ${name} <store> <username> [options]

${what}. Exits 1 if the user does not exist.

${STORE_USAGE}

Options:
  --json  print one JSON document
`,
    options: {},

    async run(call) {
      const [store = '', username = ''] = positionals(call, 'store', 'username');
      return withDirectory(store, async (directory) => {
        const text = `${printable(username)} ${done}\n`;
        const unknown = new RefusedError(`There is no user ${username}`);
        if (active) {
          if (!(await directory.update(username, () => ({ active })))) throw unknown;
          return { code: 0, text, json: { username, active } };
        }
        const tokensValidFrom = await updateEndingTokens(directory, username, { active });
        if (tokensValidFrom === undefined) throw unknown;
        return { code: 0, text, json: { username, active, tokensValidFrom } };
      });
    },
  };
}
