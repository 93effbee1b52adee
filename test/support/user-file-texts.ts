import fc from 'fast-check';

const VALUES = [
  ...[
    'alice',
    'Bob',
    '$2b$10$a./',
    'null',
    'True',
    'nullable',
    '007',
    '1e3',
    'é',
    'ß.x',
    '~',
    '😀',
    '\u00a0x',
  ],
  ...[
    '"a b"',
    "'x'",
    '"a\\tb"',
    "'it''s'",
    '""',
    '"a: #"',
    '"\u0085"',
    '"é \u00a0"',
    '"\u007f"',
    "'\u2028'",
    '"\ufeff"',
  ],
  ...[
    'a b',
    'a: b',
    'a #b',
    'a # b',
    'a#b',
    'a ',
    '"a" ',
    '"a"#b',
    "'a' # c\tc",
    'a,b',
    'a:',
    '"a": b',
    '?',
    '? a',
    '-',
    '- a',
  ],
  ...[
    '[a, b]',
    '["a",b]',
    '[]',
    '[ ]',
    '[ a,  b]',
    '[a ]',
    '[null]',
    '[a, ]',
    '[[a]]',
    '[a',
    '[true, a]',
    '[a]b',
    '[a] # c',
    '[g]',
  ],
  ...[
    '2026-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-31T23:59:59.5Z',
  ],
  ...[
    '0001-01-01T00:00:00Z',
    '2026-01-01',
    '&a x',
    '*a',
    '!t x',
    '!!str x',
    '{a: b}',
    '{',
    'true',
    'false',
    '',
    ' ',
  ],
  ...[
    '|',
    '>',
    '|\n      text',
    '|+\n\n',
    '|1\n     t',
    '"a\n      b"',
    '"a\n  - username: b"',
    "'a\n\n      b'",
    'a\n      b',
    'a\n  b',
    '[a,\n      b]',
  ],
  ...[
    '\n      - a',
    '\n    - a',
    '\n      - a\n      - "b c"',
    '\n      - a\n       - b',
    '\n      - a\n\n      # c\n      - b',
    '\n    - g # c',
    '\n      -',
  ],
  ...['"a', "'a", 'a"', '.nan', '@a', '`a', '%a', '<<', '_', '/x', 'a\tb', 'a\t', '\ta'],
];
const KEYS = [
  'email',
  'email',
  'email',
  'roles',
  'roles',
  'roles',
  'username',
  'password',
  'email',
  'active',
  'roles',
  'groups',
  'tokensValidFrom',
  'name',
  'x',
  '"roles"',
  '? email',
  '<<',
];
const GAPS = [
  '',
  '',
  '',
  '',
  '',
  '\n',
  '\n\n',
  '   \n',
  '# c\n',
  '  # c\n',
  '      # é\tc\n',
  '#\n',
  ' #"\n',
  '  # \u0085\n',
  '\t\n',
  '\r\n',
  '---\n',
  '...\n',
  '   more\n',
  '      more\n',
  '%X\n',
  '\ufeff',
];
const NAMES = [
  'a',
  'b',
  'c',
  'd',
  'e',
  '"a"',
  "'b'",
  '"x y"',
  '"\\x61"',
  'a # c',
  '"é"',
  'é',
  "'e\u0301'",
  '1',
  '&n f',
  '*n',
];
const HEADS = [
  '',
  '',
  '',
  '',
  '# c\n',
  '\n',
  '---\n',
  '%YAML 1.2\n---\n',
  '\ufeff',
  'x: 1\n',
  '"',
  'groups: []\n',
  '{',
  ' ',
];
const USERS = [
  'users:\n',
  'users:\n',
  'users:\n',
  'users: # c\n',
  'users:  \n',
  'users:\n\n# c\n',
  'users: &u\n',
  '"users":\n',
  'users: !t\n',
  'users: |\n',
  'users:\r\n',
  '? users\n:\n',
  'users: "\n',
  ' users:\n',
];
const GROUPS = [
  'groups:\n  - name: g\n',
  'groups: # c\n- name: g\n  roles: [a]\n',
  'groups: [{name: g}]\n',
  'groups: []\n',
  'groups:\n',
  'groups:\n  - name: g\n    groups: [h]\n  - name: h\n',
  'groups:\n  - {name: g}\n\n',
  'users:\n  - username: z\n',
  'z: 1\n',
];

/** Possible texts of a user file, most of them nearly valid: with comments, quotes, anchors, duplicates. */
export const userFileTexts = (): fc.Arbitrary<string> => {
  const seldom = (texts: readonly string[]): fc.Arbitrary<string> =>
    fc.constantFrom(...Array<string>(40).fill(texts[0] ?? ''), ...texts);
  const gap = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('', '\n', '# c\n', '  # c\n', '   \n', '\n\n') },
    { weight: 1, arbitrary: fc.constantFrom(...GAPS) },
  );
  const field = fc
    .tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), gap)
    .map(([key, value, after]) => `    ${key}: ${value}\n${after}`);
  const good = fc
    .constantFrom(
      'password: "x, y"',
      'email: a@b',
      'email: "\\x61"',
      'roles:\n      - a # c\n      - "b"',
      'active: false',
      'roles: [a, "b c"]',
      'groups: [g]',
      'tokensValidFrom: 2026-01-01T00:00:00Z',
    )
    .map((text) => `    ${text}\n`);
  const fields = fc.oneof(
    { weight: 9, arbitrary: fc.uniqueArray(good, { maxLength: 2 }) },
    { weight: 2, arbitrary: fc.array(field, { minLength: 1, maxLength: 2 }) },
  );
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 60 }).map((number) => `user${number}`) },
    { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
  );
  const block = fc
    .tuple(seldom(['  - ', '  -   ', '   - ', '- ', '  -\n    ']), name, fields, gap)
    .map(([dash, user, others, after]) => `${dash}username: ${user}\n${others.join('')}${after}`);
  const flow = fc.tuple(name, gap).map(([user, after]) => `  - {username: ${user}, roles: [a]}\n${after}`);
  const odd = fc.constantFrom(
    '  - a\n',
    '  -\n',
    '  - *a\n',
    '  - &a {username: q}\n',
    '  - username: |\n',
    '  - [a]\n',
  );
  const item = fc.oneof(
    { weight: 25, arbitrary: block },
    { weight: 2, arbitrary: flow },
    { weight: 1, arbitrary: odd },
  );
  const groups = fc.oneof(fc.constantFrom('', 'groups:\n  - name: g\n'), fc.constantFrom(...GROUPS));
  return fc
    .tuple(
      seldom(HEADS),
      seldom(['', ...GROUPS]),
      seldom(USERS),
      fc.array(item, { maxLength: 5 }),
      groups,
      fc.constantFrom(0, 0, 0, 1, 2),
    )
    .map(([head, before, users, items, after, ends]) => {
      const text = `${head}${before}${users}${items.join('')}${after}`;
      if (ends === 1) return text.replace(/\n$/, '');
      return ends === 2 ? text.replace(/\r?\n/g, '\r\n') : text;
    });
};

/** Plain files with an odd value in a field, or an odd line: all combinations of value and field. */
export function* singleOddities(): Generator<string> {
  const file = (field: string): string =>
    `groups:\n  - name: g\nusers:\n  - username: a\n${field}  - username: b\n    email: x\n`;
  for (const key of KEYS) for (const value of VALUES) yield file(`    ${key}: ${value}\n`);
  for (const gap of GAPS) yield file(`    email: y\n${gap}`);
}
