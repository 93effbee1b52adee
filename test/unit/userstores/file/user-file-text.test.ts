import { expect } from 'chai';
import type { User } from '../../../../src/core/user';
import { finish } from '../../../../src/files/slices';
import { holds } from '../../../../src/userstores/record-fields';
import { readUserRecords } from '../../../../src/userstores/file/user-file';
import { changeUserFile, UneditableFault } from '../../../../src/userstores/file/user-file-text';

/** The text after the changes; checked to hold what it should. */
function change(text: string, ...users: User[]): string {
  const before = finish(readUserRecords(text));
  const changed = new Map(
    users.map((user) => [user.username, { ...before.users.get(user.username), ...user }]),
  );
  const next = changeUserFile(text, before, changed);
  expect(finish(holds(finish(readUserRecords(next)), before, changed)), next).to.equal(true);
  return next;
}

const ANN: User = { username: 'ann', password: '$2b$12$new' };
const EVE: User = { username: 'eve', roles: ['a', 'b c'], active: false };
const MOMENT = new Date('2026-01-31T08:00:00Z');

describe('changeUserFile', () => {
  const cases: [what: string, before: string, users: User[], after: string][] = [
    [
      'a value between comments',
      '# top\nusers:\n  - username: ann # she\n    password: $2b$12$old   # hash\n    # more\n  - username: bob\n# end\n',
      [ANN],
      '# top\nusers:\n  - username: ann # she\n    password: $2b$12$new   # hash\n    # more\n  - username: bob\n# end\n',
    ],
    [
      'quotes',
      `users:\n  - username: "ann"\n    password: 'old'\n    email: "a@b"\n`,
      [{ ...ANN, password: "it's", email: 'x@y' }],
      `users:\n  - username: "ann"\n    password: 'it''s'\n    email: "x@y"\n`,
    ],
    [
      'CRLF',
      'users:\r\n  - username: ann\r\n    password: old\r\n  - username: bob\r\n',
      [{ ...ANN, tokensValidFrom: MOMENT }, EVE],
      'users:\r\n  - username: ann\r\n    password: $2b$12$new\r\n    tokensValidFrom: 2026-01-31T08:00:00Z\r\n  - username: bob\r\n  - username: eve\r\n    active: false\r\n    roles: [a, "b c"]\r\n',
    ],
    [
      'no newline at the end',
      'users:\n- username: ann',
      [ANN, EVE],
      'users:\n- username: ann\n  password: $2b$12$new\n- username: eve\n  active: false\n  roles: [a, "b c"]',
    ],
    [
      'flow records',
      'users:\n  - { username: ann, roles: [x, "y"], }\n  - {username: bob}\ngroups: []\n',
      [{ ...ANN, roles: ['y', 'z'] }, EVE],
      'users:\n  - { username: ann, roles: ["y", z], password: $2b$12$new, }\n  - {username: bob}\n  - { username: eve, active: false, roles: [a, "b c"] }\ngroups: []\n',
    ],
    [
      'JSON',
      '{"users":[\n  {"username": "ann", "password": "old", "active": true},\n  {"username": "bob"}\n], "groups": []}',
      [{ ...ANN, active: false, tokensValidFrom: MOMENT }, EVE],
      '{"users":[\n  {"username": "ann", "password": "$2b$12$new", "active": false, "tokensValidFrom": "2026-01-31T08:00:00Z"},\n  {"username": "bob"},\n  {"username": "eve", "active": false, "roles": ["a", "b c"]}\n], "groups": []}',
    ],
    [
      'JSON on one line',
      '{"users": [{"username": "bob"}]}',
      [{ username: 'eve' }],
      '{"users": [{"username": "bob"}, {"username": "eve"}]}',
    ],
    ['JSON without users', '{"users": []}', [{ username: 'eve' }], '{"users": [{"username": "eve"}]}'],
    [
      'an empty list',
      'groups: []\nusers: []\n',
      [{ username: 'eve' }],
      'groups: []\nusers:\n  - username: eve\n',
    ],
    [
      'groups in front, blank lines between records, records in front of a comment',
      'groups:\n  - name: g\n\nusers:\n  - username: ann\n\n  - username: bob\n    roles:\n      - x\n\n# the end\n',
      [{ username: 'eve', groups: ['g'] }],
      'groups:\n  - name: g\n\nusers:\n  - username: ann\n\n  - username: bob\n    roles:\n      - x\n\n  - username: eve\n    groups: [g]\n\n# the end\n',
    ],
    [
      'a block list that shrinks and grows',
      'users:\n  - username: ann\n    roles:\n      - x # one\n      - y # two\n      # three\n      - "z" # 3\n    email: a@b\n',
      [{ username: 'ann', roles: ['x', 'z', 'w'] }],
      'users:\n  - username: ann\n    roles:\n      - x # one\n      # three\n      - "z" # 3\n      - w\n    email: a@b\n',
    ],
    [
      'a block list in another order, and one that becomes empty',
      'users:\r\n- username: ann\r\n  roles:\r\n  - x\r\n  - y\r\n  groups:\r\n  - g\r\n- username: bob\r\ngroups:\r\n- name: g\r\n',
      [{ username: 'ann', roles: ['y', 'x'], groups: [] }],
      'users:\r\n- username: ann\r\n  roles:\r\n  - y\r\n  - x\r\n  groups: []\r\n- username: bob\r\ngroups:\r\n- name: g\r\n',
    ],
    [
      'an empty value, with a comment too',
      'users:\n  - username: ann\n    password:\n    email: # none\n    roles:\n    active: true\n',
      [{ ...ANN, email: 'a@b', roles: ['r'] }],
      'users:\n  - username: ann\n    password: $2b$12$new\n    email: a@b # none\n    roles: [r]\n    active: true\n',
    ],
    [
      'a dash on a line of its own, and a text block',
      'users:\n  -\n    username: ann\n    password: |-\n      old\n    email: a@b\n  - username: bob\n',
      [ANN],
      'users:\n  -\n    username: ann\n    password: $2b$12$new\n    email: a@b\n  - username: bob\n',
    ],
    [
      'names that are no plain words',
      'users:\n  - username: bob\n',
      [
        { username: 'yes' },
        { username: '12' },
        { username: 'a: b' },
        { username: '#x' },
        { username: 'é "q" \\ 𝄞' },
        { username: 'Null' },
        { username: '- z' },
      ],
      'users:\n  - username: bob\n  - username: "yes"\n  - username: "12"\n  - username: "a: b"\n  - username: "#x"\n  - username: "é \\"q\\" \\\\ 𝄞"\n  - username: "Null"\n  - username: "- z"\n',
    ],
    [
      'a value that is taken away',
      'users:\n  - username: ann\n    email: a@b\n    active: false\n',
      [{ username: 'ann', email: null, active: undefined }],
      'users:\n  - username: ann\n    email: null\n    active: true\n',
    ],
    [
      'nothing',
      'users:\n  - {username:  ann,active: true}\n',
      [{ username: 'ann', roles: [], active: undefined }],
      'users:\n  - {username:  ann,active: true}\n',
    ],
  ];
  for (const [what, before, users, after] of cases) {
    it(`keeps every other byte: ${what}`, () => {
      expect(change(before, ...users)).to.equal(after);
    });
  }

  it('writes a new file', () => {
    const empty = { users: new Map(), groups: new Map(), lines: new Map() };
    expect(changeUserFile(undefined, empty, new Map([['ann', ANN]]))).to.equal(
      'users:\n  - username: ann\n    password: $2b$12$new\n',
    );
  });

  it('refuses what it cannot cut out of a large file', () => {
    const users = Array.from({ length: 10_000 }, (_, index) => `{username: user${index}, roles: [reader]}`);
    const text = `users: [${users.join(', ')}]\n`;
    const before = finish(readUserRecords(text));
    const changed = new Map([['user7', { username: 'user7', roles: ['x'] }]]);
    expect(() => changeUserFile(text, before, changed)).to.throw(UneditableFault);
  }).timeout(20_000);

  it('edits any record of a file of many, in whichever style, like the only one', () => {
    const styles = [
      (name: string) => `  - username: ${name}\n    roles: [r]\n`,
      (name: string) => `  - {username: ${name}, roles: [r]}\n`,
      (name: string) => `  # of ${name}\n  - roles:\n      - r\n    username: "${name}"\n`,
      (name: string) => `\n  -\n    username: '${name}'\n    roles: [ r ]\n`,
    ];
    const names = Array.from({ length: 40 }, (_, index) => `user${index}`);
    const text = `users:\n${names.map((name, index) => styles[index % 4]!(name)).join('')}`;
    for (const [index, name] of names.entries()) {
      const style = styles[index % 4]!(name);
      const next = change(text, { username: name, roles: ['s'] });
      expect(next).to.equal(text.replace(style, style.replace(/(\[ ?|- )r( ?\]|\n)/, '$1s$2')));
    }
  });
});
