import { StoredKeys } from '../keys/stored-keys';
import type { StateStoreInterface } from '../state/state-store';
import type { StoredKey } from '../keys/key-row';
import { type Command, positionals } from './command';
import { keyJson, keyLine } from './key-text';
import { STATE_USAGE, withState } from './open-state';

export const keyList: Command = {
  usage: `Usage: securest key list <state> <username> [options]

Lists the API keys of a user that have not ended.

${STATE_USAGE}

Options:
  --userstore <name>  only keys of users of this userstore, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const [target = '', username = ''] = positionals(call, 'state', 'username');
    return withState(target, async (state) => {
      const keys = await liveKeys(state, username, call.text('userstore'));
      return { code: 0, text: keys.map(keyLine).join(''), json: { username, keys: keys.map(keyJson) } };
    });
  },
};

/** The live keys of a user, the newest first. @param userstore undefined: any */
export async function liveKeys(
  state: StateStoreInterface,
  username: string,
  userstore: string | undefined,
): Promise<readonly StoredKey[]> {
  if (username === '') return [];
  const now = Date.now();
  const keys = await new StoredKeys(state).of(username);
  return keys
    .filter((key) => key.user === username && now < key.expiresAt)
    .filter((key) => userstore === undefined || key.userstore === userstore)
    .toSorted((one, other) => other.createdAt - one.createdAt);
}
