import { ServiceUnavailableError } from '../errors';
import type { FactorOwner } from '../factors/second-factor';
import type { SqlFactors } from '../sql/sql-factors';
import { printable } from '../util/printable';
import { type Command, positionals, RefusedError, UsageError } from './command';
import { FACTORS_USAGE, withFactors } from './open-factors';

const TRIES = 20;

export const factorRemove: Command = {
  usage: `Usage: securest factor remove <database> <username> [otp|<passkey id>] [options]

Removes a second factor of a user, or all of them: for users who have lost their devices and recovery codes. Verify the
identity of the user first: afterwards the password alone is enough to log in. Exits 1 if the user does not have the
factor.

${FACTORS_USAGE}

Options:
  --userstore <name>  the userstore that has the user, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const isOne = call.positionals.length > 2;
    const names = isOne ? ['database', 'username', 'factor'] : ['database', 'username'];
    const [target = '', username = '', factor] = positionals(call, ...names);
    if (username === '') throw new UsageError('The username must not be empty');
    const user = { username, userstore: call.text('userstore') };
    return withFactors(target, async (factors) => {
      const removed = await removeFactors(factors, user, factor);
      if (removed.length === 0) {
        throw new RefusedError(`User ${printable(username)} has no ${printable(factor ?? 'second factor')}`);
      }
      const text = removed.map((one) => `${one} of ${printable(username)} removed\n`).join('');
      return { code: 0, text, json: { username, removed } };
    });
  },
};

/** @param only `otp` or the id of a passkey; undefined for all. @returns the factors that this call removed */
export async function removeFactors(
  factors: SqlFactors,
  user: FactorOwner,
  only?: string,
): Promise<readonly string[]> {
  const removed: string[] = [];
  if ((only === undefined || only === 'otp') && (await removeOtp(factors, user))) removed.push('otp');
  for (const { id } of await factors.listPasskeys(user)) {
    if ((only === undefined || only === id) && (await factors.removePasskey(user, id))) removed.push(id);
  }
  return removed;
}

/** @throws ServiceUnavailableError if other calls, such as login attempts, change the codes during every try */
async function removeOtp(factors: SqlFactors, user: FactorOwner): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const text = await factors.getOtp(user);
    if (text === undefined) return false;
    if (await factors.updateOtp(user, undefined, text)) return true;
  }
  throw new ServiceUnavailableError({ cause: new Error('The one-time codes are in use: try again') });
}
