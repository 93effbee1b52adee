import { endUser, markDead } from '../tokens/families/ends';
import { isFamilyId } from '../tokens/families/refresh-token';
import { counted } from '../util/counted';
import { printable } from '../util/printable';
import { type Command, positionals, RefusedError, UsageError } from './command';
import { STATE_USAGE, withState } from './open-state';
import { familiesIn, liveFamilies, personIn } from './token-families';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 31_536_000;

export const tokensEnd: Command = {
  usage: `Usage: securest tokens end <state> <username> [<family>] [options]

Ends a login of a user and its tokens. Without a family it ends all logins and all tokens of the user. Running processes
of the app refuse the access tokens within the time of the option revocation.maxDelayMs. Exits 1 if the user does not
have the login.

${STATE_USAGE}

Options:
  --userstore <name>  the userstore that has the user; needed in an app with several
  --ttl <seconds>     the ttlSeconds of the app's TokenService, if it is more than a day
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' }, ttl: { type: 'string' } },

  async run(call) {
    const isOne = call.positionals.length > 2;
    const names = isOne ? ['state', 'username', 'family'] : ['state', 'username'];
    const [target = '', username = '', id] = positionals(call, ...names);
    if (username === '') throw new UsageError('The username must not be empty');
    const userstore = call.text('userstore');
    const lifeMs = Math.max(DAY_SECONDS, secondsIn(call.text('ttl'))) * 1000;
    return withState(target, async (state) => {
      const parts = familiesIn(state, lifeMs);
      const families = await liveFamilies(parts, username, userstore);
      const meant = id === undefined ? families : families.filter((family) => family.id === id);
      const ended = meant.map((family) => family.id);
      if (id === undefined) {
        await endUser(parts, personIn(username, userstore, families), [username]);
      } else {
        if (!isFamilyId(id) || meant.length === 0) {
          throw new RefusedError(`User ${printable(username)} has no login ${printable(id)}`);
        }
        await markDead(parts, id);
        await parts.revoked.families([id]);
      }
      const count = counted(ended.length, 'login');
      return { code: 0, text: `${count} of ${printable(username)} ended\n`, json: { username, ended } };
    });
  },
};

function secondsIn(text: string | undefined): number {
  if (text === undefined) return 0;
  const seconds = /^\d{1,8}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= YEAR_SECONDS) return seconds;
  throw new UsageError('--ttl takes a whole number of seconds');
}
