import { expiryOf, type StoredFamily } from '../tokens/families/family-store';
import type { FamilyParts } from '../tokens/families/parts';
import { printable } from '../util/printable';
import { type Command, positionals } from './command';
import { minuteOf } from './minute';
import { STATE_USAGE, withState } from './open-state';
import { familiesIn, liveFamilies } from './token-families';

export const tokensList: Command = {
  usage: `Usage: securest tokens list <state> <username> [options]

Lists the logins of a user that refresh tokens keep alive, the last used one first.

${STATE_USAGE}

Options:
  --userstore <name>  only logins of users of this userstore, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const [target = '', username = ''] = positionals(call, 'state', 'username');
    return withState(target, async (state) => {
      const parts = familiesIn(state, 0);
      const families = (await liveFamilies(parts, username, call.text('userstore'))).map((family) =>
        shown(family, parts),
      );
      return { code: 0, text: families.map(line).join(''), json: { username, families } };
    });
  },
};

interface Shown {
  readonly id: string;
  readonly startedAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly methods: readonly string[];
  readonly ip?: string;
  readonly userstore?: string;
}

function shown({ id, record }: StoredFamily, { settings }: FamilyParts): Shown {
  const { started, at, amr, ip, userstore } = record;
  return {
    id,
    startedAt: new Date(started),
    lastUsedAt: new Date(at),
    expiresAt: new Date(expiryOf(record, settings)),
    methods: amr,
    ...(ip !== undefined && { ip }),
    ...(userstore !== undefined && { userstore }),
  };
}

function line({ id, startedAt, lastUsedAt, methods, ip, userstore }: Shown): string {
  const parts = [
    id,
    `started ${minuteOf(startedAt)}`,
    `used ${minuteOf(lastUsedAt)}`,
    ...(methods.length === 0 ? [] : [`by ${printable(methods.join(' '))}`]),
    ...(ip === undefined ? [] : [`from ${ip}`]),
    ...(userstore === undefined ? [] : [`userstore: ${printable(userstore)}`]),
  ];
  return `${parts.join('  ')}\n`;
}
