import { ConfigurationError } from '../errors';
import { StoredKeys } from '../keys/stored-keys';
import type { StateStoreInterface } from '../state/state-store';
import { endUser } from '../tokens/families/ends';
import { printable } from '../util/printable';
import { type Command, type Outcome, positionals, RefusedError } from './command';
import { removeFactors } from './factor-remove';
import { liveKeys } from './key-list';
import { isDatabase } from './open-database';
import { STORE_USAGE, withDirectory } from './open-directory';
import { withFactors } from './open-factors';
import { withState } from './open-state';
import { endSessions } from './session-rows';
import { familiesIn, liveFamilies, personIn } from './token-families';

const DAY_MS = 86_400_000;

export const userRemove: Command = {
  usage: `Usage: securest user remove <store> <username> [options]

Removes a user. If the same database keeps the logins, sessions, API keys and second factors of the app, those of the
user end too, so that a later user of the same name does not inherit them. Otherwise the command prints the commands
that end them. Exits 1 if the user does not exist.

${STORE_USAGE}

Options:
  --json  print one JSON document
`,
  options: {},

  async run(call) {
    const [store = '', username = ''] = positionals(call, 'store', 'username');
    const name = printable(username);
    await withDirectory(store, async (directory) => {
      if (await directory.remove(username)) return DONE;
      throw new RefusedError(`There is no user ${username}`);
    });
    // After the removal, because until then the user could log in again.
    const ended = isDatabase(store) ? await endAll(store, username) : undefined;
    const text = `${name} has been removed\n`;
    if (ended !== undefined) return { code: 0, text, json: { username, ...ended } };
    const notice =
      'If the app keeps logins, sessions, API keys or second factors elsewhere, end those of the user:\n' +
      '  securest tokens end <state> <username>\n  securest sessions end <state> <username>\n' +
      '  securest key revoke <state> <username> --all\n  securest factor remove <database> <username>\n';
    return { code: 0, text, json: { username }, notice };
  },
};

const DONE: Outcome = { code: 0, text: '', json: undefined };

interface Ended {
  readonly logins: number;
  readonly sessions: number;
  readonly keys: number;
  readonly factors: number;
}

/** Undefined if the database does not have the tables. */
async function endAll(store: string, username: string): Promise<Ended | undefined> {
  let ended: Ended | undefined;
  try {
    await withState(store, async (state) => {
      ended = {
        logins: await endLogins(state, username),
        sessions: (await endSessions(state, username, undefined)).length,
        keys: await endKeys(state, username),
        factors: 0,
      };
      return DONE;
    });
    await withFactors(store, async (factors) => {
      if (ended !== undefined)
        ended = { ...ended, factors: (await removeFactors(factors, { username })).length };
      return DONE;
    });
  } catch (error) {
    // The database does not have the tables.
    if (!(error instanceof ConfigurationError)) throw error;
  }
  return ended;
}

async function endLogins(state: StateStoreInterface, username: string): Promise<number> {
  const parts = familiesIn(state, DAY_MS);
  const families = await liveFamilies(parts, username, undefined);
  await endUser(parts, personIn(username, undefined, families), [username]);
  return families.length;
}

async function endKeys(state: StateStoreInterface, username: string): Promise<number> {
  const stored = new StoredKeys(state);
  let ended = 0;
  for (const { id } of await liveKeys(state, username, undefined)) if (await stored.end(id)) ended += 1;
  return ended;
}
