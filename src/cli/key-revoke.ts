import { StoredKeys } from '../keys/stored-keys';
import { counted } from '../util/counted';
import { printable } from '../util/printable';
import { type Command, positionals, RefusedError, UsageError } from './command';
import { liveKeys } from './key-list';
import { STATE_USAGE, withState } from './open-state';

export const keyRevoke: Command = {
  usage: `Usage: securest key revoke <state> <username> <id> [options]
       securest key revoke <state> <username> --all [options]

Ends an API key of a user, or all of them. Apps refuse it at once, or within the time of the option cacheMs of their
keys. Exits 1 if the user does not have the key.

${STATE_USAGE}

Options:
  --all               all keys of the user
  --userstore <name>  only keys of users of this userstore, in an app with several
  --json              print one JSON document
`,
  options: { all: { type: 'boolean' }, userstore: { type: 'string' } },

  async run(call) {
    const isAll = call.flag('all');
    const names = isAll ? ['state', 'username'] : ['state', 'username', 'id'];
    const [target = '', username = '', id] = positionals(call, ...names);
    if (!isAll && id === undefined) throw new UsageError('Expected an id, or --all');
    return withState(target, async (state) => {
      const keys = await liveKeys(state, username, call.text('userstore'));
      const meant = isAll ? keys : keys.filter((key) => key.id === id);
      if (!isAll && meant.length === 0) throw new RefusedError(`User ${username} has no key ${id ?? ''}`);
      const stored = new StoredKeys(state);
      const revoked: string[] = [];
      for (const key of meant) if (await stored.end(key.id)) revoked.push(key.id);
      const count = counted(revoked.length, 'key');
      return { code: 0, text: `${count} of ${printable(username)} ended\n`, json: { username, revoked } };
    });
  },
};
