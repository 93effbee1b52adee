import type { StoredSession } from '../sessions/session-store';
import { printable } from '../util/printable';
import { type Command, positionals } from './command';
import { minuteOf } from './minute';
import { STATE_USAGE, withState } from './open-state';
import { liveSessions } from './session-rows';

export const sessionsList: Command = {
  usage: `Usage: securest sessions list <state> <username> [options]

Lists the sessions of a user, the last used one first.

${STATE_USAGE}

Options:
  --userstore <name>  only sessions of users of this userstore, in an app with several
  --json              print one JSON document
`,
  options: { userstore: { type: 'string' } },

  async run(call) {
    const [target = '', username = ''] = positionals(call, 'state', 'username');
    return withState(target, async (state) => {
      const sessions = (await liveSessions(state, username, call.text('userstore'))).map(shown);
      return { code: 0, text: sessions.map(line).join(''), json: { username, sessions } };
    });
  },
};

interface Shown {
  readonly id: string;
  readonly startedAt: Date;
  readonly lastSeenAt: Date;
  readonly endsAt: Date;
  readonly methods: readonly string[];
  readonly ip: string;
  readonly userAgent: string;
  readonly userstore?: string;
}

function shown({ id, record }: StoredSession): Shown {
  const { started, seen, ends, factors, ip, userAgent, userstore } = record;
  return {
    id,
    startedAt: new Date(started),
    lastSeenAt: new Date(seen),
    endsAt: new Date(ends),
    methods: factors.map(({ method }) => method),
    ip,
    userAgent,
    ...(userstore !== undefined && { userstore }),
  };
}

function line({ id, startedAt, lastSeenAt, methods, ip, userAgent, userstore }: Shown): string {
  const parts = [
    id,
    `started ${minuteOf(startedAt)}`,
    `used ${minuteOf(lastSeenAt)}`,
    `by ${printable(methods.join(' '))}`,
    `from ${printable(ip)}`,
    ...(userAgent === '' ? [] : [printable(userAgent)]),
    ...(userstore === undefined ? [] : [`userstore: ${printable(userstore)}`]),
  ];
  return `${parts.join('  ')}\n`;
}
