import type { User } from '../core/user';
import { printable } from '../util/printable';
import { type Command, positionals } from './command';
import { STORE_USAGE, withDirectory } from './open-directory';

const COLUMNS = ['username', 'active', 'roles', 'groups', 'email'] as const;

export const userList: Command = {
  usage: `Usage: securest user list <store> [options]

Prints all users, without their hashes.

${STORE_USAGE}

Options:
  --json  print one JSON document
`,
  options: {},

  async run(call) {
    const [store = ''] = positionals(call, 'store');
    return withDirectory(store, async (directory) => {
      const users = [];
      for await (const user of directory.list()) users.push(shown(user));
      return { code: 0, text: table(users), json: { users } };
    });
  },
};

type Shown = Readonly<Record<(typeof COLUMNS)[number], string | boolean | readonly string[] | null>>;

function shown({ username, active, roles, groups, email }: User): Shown {
  return {
    username,
    active: active !== false,
    roles: roles ?? [],
    groups: groups ?? [],
    email: email ?? null,
  };
}

function table(users: readonly Shown[]): string {
  const rows = [
    COLUMNS.map(String),
    ...users.map((user) =>
      COLUMNS.map((column) => {
        const value = user[column];
        return printable(typeof value === 'object' ? (value?.join(', ') ?? '') : String(value));
      }),
    ),
  ];
  const widths = COLUMNS.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0),
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
