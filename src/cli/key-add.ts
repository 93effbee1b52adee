import { provedLogin } from '../core/authentication';
import { stampOf } from '../core/stamp';
import type { User } from '../core/user';
import { InvalidRequestError } from '../errors';
import { ApiKeys, type CreatedApiKey } from '../keys/api-keys';
import { isKeyPrefix } from '../keys/key-form';
import type { NewApiKey } from '../keys/new-key';
import type { StateStoreInterface } from '../state/state-store';
import { type Call, type Command, positionals, RefusedError, UsageError } from './command';
import { withDirectory } from './open-directory';
import { STATE_USAGE, withState } from './open-state';

/** The largest limits that an app can set: the command does not know the app's own limits. */
const MAX = { maxDays: 400, maxPerUser: 1000 } as const;

export const keyAdd: Command = {
  usage: `Usage: securest key add <state> <username> --users <store> --prefix <prefix> --name <text> [options]

Creates an API key for a user and prints it. It cannot be shown again. Exits 1 if the user does not exist, or if the
name, the scopes or the days are not valid.

${STATE_USAGE}

Options:
  --users <store>     the users of the app: a user file, or a database as for securest user
  --prefix <prefix>   the option prefix of the app's ApiKeys
  --name <text>       the name by which the user recognises the key: 1 to 100 characters
  --scope <name>      a scope of the key; may be given several times. Without it the key is not limited
  --days <number>     the lifetime of the key in days, up to 400 (default: 90)
  --userstore <name>  the userstore that has the user, in an app with several
  --json              print one JSON document
`,
  options: {
    users: { type: 'string' },
    prefix: { type: 'string' },
    name: { type: 'string' },
    scope: { type: 'string', multiple: true },
    days: { type: 'string' },
    userstore: { type: 'string' },
  },

  async run(call) {
    const [target = '', username = ''] = positionals(call, 'state', 'username');
    const users = required(call, 'users');
    const prefix = required(call, 'prefix');
    if (!isKeyPrefix(prefix))
      throw new UsageError('--prefix must have 2 to 16 characters of a-z and 0-9 and begin with a letter');
    const wish = wishOf(call);
    return withDirectory(users, async (directory) => {
      const user = await directory.get(username);
      if (user === undefined) throw new RefusedError(`There is no user ${username}`);
      return withState(target, async (state) => {
        const { key, info } = await create(state, prefix, user, call.text('userstore'), wish);
        return {
          code: 0,
          text: `${key}\n`,
          json: { username: user.username, key, info },
          notice: `The key is shown only once. It expires on ${info.expiresAt.toISOString().slice(0, 10)}\n`,
        };
      });
    });
  },
};

async function create(
  state: StateStoreInterface,
  prefix: string,
  user: User,
  userstore: string | undefined,
  wish: NewApiKey,
): Promise<CreatedApiKey> {
  const now = Date.now();
  const source = { kind: 'userstore', name: userstore ?? 'users' } as const;
  const login = provedLogin(
    {},
    { user, source, home: userstore, stamp: stampOf(user), provedBy: 'login', now },
  );
  try {
    return await new ApiKeys({ state, prefix, ...MAX }).create(login, wish);
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    throw new RefusedError(error.cause instanceof Error ? error.cause.message : error.message);
  }
}

function wishOf(call: Call): NewApiKey {
  const name = required(call, 'name');
  const scopes = call.texts('scope');
  const days = call.text('days');
  if (days !== undefined && !/^\d{1,3}$/.test(days)) throw new UsageError('--days takes a whole number');
  return {
    name,
    ...(scopes.length > 0 && { scopes }),
    ...(days !== undefined && { days: Number(days) }),
  };
}

function required(call: Call, option: string): string {
  const value = call.text(option);
  if (value === undefined) throw new UsageError(`--${option} is missing`);
  return value;
}
