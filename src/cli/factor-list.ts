import type { PasskeyRecord } from '../factors/factor-stores';
import { readOtp } from '../factors/otp-record';
import { printable } from '../util/printable';
import { type Command, positionals } from './command';
import { FACTORS_USAGE, withFactors } from './open-factors';

export const factorList: Command = {
  usage: `Usage: securest factor list <database> <username> [options]

Lists the second factors of a user: one-time codes, and passkeys by their ids.

${FACTORS_USAGE}

Options:
  --userstore <name>  the userstore that has the user, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const [target = '', username = ''] = positionals(call, 'database', 'username');
    const user = { username, userstore: call.text('userstore') };
    return withFactors(target, async (factors) => {
      const text = await factors.getOtp(user);
      const record = text === undefined ? undefined : readOtp(text);
      const otp =
        record?.key === undefined
          ? undefined
          : { recoveryCodes: record.recovery.length, isClosed: record.closed };
      const passkeys = (await factors.listPasskeys(user)).map(shown);
      const lines = [
        ...(otp === undefined ? [] : [otpLine(otp)]),
        ...passkeys.map(
          ({ id, name, createdAt }) => `${id}  ${printable(name)}  added ${dayOf(createdAt)}\n`,
        ),
      ];
      return { code: 0, text: lines.join(''), json: { username, ...(otp && { otp }), passkeys } };
    });
  },
};

function otpLine({ recoveryCodes, isClosed }: { recoveryCodes: number; isClosed: boolean }): string {
  const closed = isClosed ? '  closed after too many wrong codes' : '';
  return `otp  ${String(recoveryCodes)} recovery codes left${closed}\n`;
}

function shown({ id, name, device, createdAt, lastUsedAt }: PasskeyRecord) {
  return { id, name, device, createdAt, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
