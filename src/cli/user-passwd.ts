import { printable } from '../util/printable';
import { type Command, positionals, RefusedError } from './command';
import { updateEndingTokens } from './end-tokens';
import { NEW_PASSWORD_OPTIONS, newHash } from './new-password';
import { STORE_USAGE, withDirectory } from './open-directory';
import { PASSWORD_USAGE } from './read-password';

export const userPasswd: Command = {
  usage: `Usage: securest user passwd <store> <username> [options]

Asks for a new password and ends the user's tokens. Exits 1 if the user does not exist.

${STORE_USAGE}

Options:
${PASSWORD_USAGE}
  --weak            accept a short or common password
  --json            print one JSON document
`,
  options: NEW_PASSWORD_OPTIONS,

  async run(call) {
    const [store = '', username = ''] = positionals(call, 'store', 'username');
    return withDirectory(store, async (directory) => {
      const unknown = new RefusedError(`There is no user ${username}`);
      const user = await directory.get(username);
      if (user === undefined) throw unknown;
      const password = await newHash(call, [username, user.email]);
      const tokensValidFrom = await updateEndingTokens(directory, username, { password });
      if (tokensValidFrom === undefined) throw unknown;
      return {
        code: 0,
        text: `${printable(username)} has a new password; earlier tokens have ended\n`,
        json: { username, changed: true, tokensValidFrom },
      };
    });
  },
};
