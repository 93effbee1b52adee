import { SessionStore } from '../sessions/session-store';
import { counted } from '../util/counted';
import { printable } from '../util/printable';
import { type Command, positionals, RefusedError, UsageError } from './command';
import { STATE_USAGE, withState } from './open-state';
import { endSessions, liveSessions } from './session-rows';

export const sessionsEnd: Command = {
  usage: `Usage: securest sessions end <state> <username> [<id>] [options]

Ends a session of a user. Without an id it ends all sessions of the user, and the logins that still need a second
factor. The app refuses an ended session at its next request. Exits 1 if the user does not have the session.

${STATE_USAGE}

Options:
  --userstore <name>  the userstore that has the user, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const isOne = call.positionals.length > 2;
    const names = isOne ? ['state', 'username', 'id'] : ['state', 'username'];
    const [target = '', username = '', id] = positionals(call, ...names);
    if (username === '') throw new UsageError('The username must not be empty');
    const userstore = call.text('userstore');
    return withState(target, async (state) => {
      let ended: readonly string[];
      if (id === undefined) {
        ended = await endSessions(state, username, userstore);
      } else {
        const meant = (await liveSessions(state, username, userstore)).filter((session) => session.id === id);
        if (meant.length === 0) {
          throw new RefusedError(`User ${printable(username)} has no session ${printable(id)}`);
        }
        await new SessionStore(state).delete('ses', id);
        ended = [id];
      }
      const count = counted(ended.length, 'session');
      return { code: 0, text: `${count} of ${printable(username)} ended\n`, json: { username, ended } };
    });
  },
};
