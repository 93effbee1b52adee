import { expect } from 'chai';
import { ownOrigin, queryOrigin, userOrigin } from '../../../src/sql/row-origin';
import { groupFrom, unpack, userFrom } from '../../../src/sql/rows';
import type { Dialect } from '../../../src/sql/schema';

const SECRET = 'hunter2';
const table = {
  ...{ name: 'app.people', username: 'login', password: 'hash', email: 'mail', active: 'enabled' },
  ...{ roles: 'duties', groups: 'teams', tokensValidFrom: 'since' },
};
const fromTable = userOrigin({ table });
const user = (row: object, dialect: Dialect = 'postgres') =>
  userFrom({ username: 'ann', ...row }, dialect, fromTable);
const faultOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

describe('userFrom', () => {
  for (const [what, value, roles] of [
    ['an array', ['a', 'b c'], ['a', 'b c']],
    ['an empty array', [], []],
    ['a JSON list', '["a", "b"]', ['a', 'b']],
    ['an empty JSON list', ' []', []],
    ['the text of an array', '{a,"b c"}', ['a', 'b c']],
    ['the text of an empty array', '{}', []],
    ['one name', 'ROLE_super-admin.1', ['ROLE_super-admin.1']],
    ['one name with other letters', 'Prüfer', ['Prüfer']],
    ['null', null, null],
    ['null of JSON', 'null', null],
  ] as const) {
    it(`reads roles and groups from ${what}`, () => {
      expect(user({ roles: value, groups: value })).to.deep.equal({ username: 'ann', roles, groups: roles });
    });
  }

  for (const [what, value] of [
    ['a list with commas', `${SECRET},b`],
    ['a list with other separators', `${SECRET};b`],
    ['a list with spaces', `${SECRET} b`],
    ['a name that is padded', `${SECRET}   `],
    ['a name with a colon', `${SECRET}:b`],
    ['an empty text', ''],
    ['a number', 7],
    ['a number as text', '7'],
    ['a boolean', true],
    ['a boolean as text', 'true'],
    ['a text of JSON', `"${SECRET}"`],
    ['an object', { [SECRET]: true }],
    ['an object of JSON', `{"${SECRET}":true}`],
    ['broken JSON', `["${SECRET}"`],
    ['an array with null', ['a', null]],
    ['an array with an empty name', ['a', '']],
    ['an array with a number', [1]],
    ['an array in an array', [['a']]],
    ['the text of an array with NULL', '{a,NULL}'],
    ['the text of an array with an empty name', '{""}'],
    ['the text of an array of two dimensions', '{{a},{b}}'],
    ['a buffer', Buffer.from(SECRET)],
    ['a Set', new Set(['a'])],
  ] as const) {
    it(`names the column when roles or groups are ${what}`, () => {
      const roles = faultOf(() => user({ roles: value }));
      expect(roles).to.match(
        /^SqlUserstore: column "duties" of table app\.people \(option table\.roles\) must/,
      );
      expect(roles).to.not.include(SECRET);
      expect(faultOf(() => user({ groups: value }))).to.match(/"teams".*table\.groups/);
    });
  }

  it('takes the text of an array for none in SQLite', () => {
    expect(faultOf(() => user({ roles: '{a,b}' }, 'sqlite'))).to.include('"duties"');
  });

  for (const [column, row] of [
    ['"login"', { username: 7.5 }],
    ['"login"', { username: 2 ** 60 }],
    ['"login"', { username: null }],
    ['"login"', { username: '' }],
    ['"login"', { username: Buffer.from(SECRET) }],
    ['"hash"', { password: 7 }],
    ['"hash"', { password: Buffer.from(SECRET) }],
    ['"mail"', { email: { address: SECRET } }],
    ...[null, 2, -1, '1', '0', 't', 'f', 'true', 'Y', SECRET, Buffer.from([1]), 1n, [true]].map(
      (active) => ['"enabled"', { active }] as const,
    ),
    ...[
      '2026-01-01',
      '2026-01-01 00:00:00',
      '2026-13-01T00:00:00Z',
      'infinity',
      SECRET,
      0,
      Infinity,
      true,
    ].map((time) => ['"since"', { tokens_valid_from: time }] as const),
    ['"since"', { tokens_valid_from: new Date(Number.NaN) }],
    ['"since"', { tokens_valid_from: null, tokensValidFrom: null }],
  ] as const) {
    it(`names ${column} of ${Object.values(row).map(String).join()} as ${typeof Object.values(row)[0]}`, () => {
      const fault = faultOf(() => user(row));
      expect(fault).to.include(`column ${column} of table app.people (option table.`);
      expect(fault).to.not.include(SECRET);
    });
  }

  it('takes 0 and 1 for booleans, and nothing else', () => {
    for (const dialect of ['sqlite', 'postgres'] as const) {
      expect([1, 0].map((active) => user({ active }, dialect).active)).to.deep.equal([true, false]);
    }
    for (const active of [null, 2, -1, 0.5, '1', 'true', 1n]) {
      expect(
        faultOf(() => user({ active }, 'sqlite')),
        String(active),
      ).to.include('"enabled"');
    }
  });

  it('takes integers for the names that are typed', () => {
    expect([7, 0, -1, 7n].map((username) => user({ username }).username)).to.deep.equal([
      '7',
      '0',
      '-1',
      '7',
    ]);
  });

  for (const [row, kind] of [
    [{ roles: `${SECRET},b` }, 'a text'],
    [{ groups: ['a', null] }, 'a list with a text and null'],
    [{ active: null }, 'null'],
    [{ active: 2 }, 'a number'],
    [{ password: Buffer.from(SECRET) }, 'bytes'],
    [{ email: new Date(0) }, 'a Date'],
    [{ username: '' }, 'an empty text'],
    [{ tokensValidFrom: SECRET }, 'a text'],
    [{ tokens_valid_from: 7 }, 'a number'],
  ] as const) {
    it(`says that ${Object.keys(row).join()} is ${kind}`, () => {
      const fault = faultOf(() => user(row));
      expect(fault)
        .to.match(new RegExp(`, and is ${kind}$`))
        .and.not.include(SECRET);
    });
  }

  for (const [row, kind] of [
    [{ roles: [{ name: SECRET }, 'b'] }, 'a list with an object and a text'],
    [{ roles: { name: SECRET } }, 'an object'],
    [{ groups: JSON.stringify([{ name: SECRET }]) }, 'a text'],
  ] as const) {
    it(`says how the names of rows are selected where ${Object.keys(row).join()} is ${kind}`, () => {
      const cures = { postgres: 'json_agg', sqlite: 'json_group_array', mysql: 'JSON_ARRAYAGG' } as const;
      for (const [dialect, aggregate] of Object.entries(cures)) {
        const fault = faultOf(() => user(row, dialect as keyof typeof cures));
        expect(fault)
          .to.include(`, and is ${kind}: select the names alone, as ${aggregate}(role.name)`)
          .and.not.include(SECRET);
      }
    });
  }

  for (const [text, moment] of [
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01 02:00:00.25+02', '2026-01-01T00:00:00.250Z'],
    ['2026-01-01T02:00:00.123456+0200', '2026-01-01T00:00:00.123Z'],
    ['2025-12-31 20:30-03:30', '2026-01-01T00:00:00.000Z'],
    ['10000-01-01T00:00:00+00:00', '+010000-01-01T00:00:00.000Z'],
  ] as const) {
    it(`reads the time ${text}`, () => {
      expect(user({ tokens_valid_from: text }).tokensValidFrom).to.deep.equal(new Date(moment));
    });
  }
});

describe('groupFrom', () => {
  const group = (row: object) => groupFrom(row as never, 'postgres', queryOrigin('getGroup'));

  it('reads lists as those of a user', () => {
    expect(group({ name: 'staff', roles: 'reader', groups: '{a,b}' })).to.deep.equal({
      name: 'staff',
      roles: ['reader'],
      groups: ['a', 'b'],
    });
  });

  it('names the column that is not valid', () => {
    for (const [column, row] of [
      ['name', {}],
      ['name', { name: 7 }],
      ['roles', { name: 'staff', roles: `${SECRET},b` }],
      ['groups', { name: 'staff', groups: [SECRET, null] }],
    ] as const) {
      const fault = faultOf(() => group(row));
      expect(fault).to.include(`column ${column} of queries.getGroup must be`).and.not.include(SECRET);
    }
  });
});

describe('unpack', () => {
  it('quotes nothing of a record that is no JSON object', () => {
    for (const record of [
      `{"password":"${SECRET}"`,
      SECRET,
      null,
      undefined,
      { password: SECRET },
      '7',
      'null',
    ]) {
      const fault = faultOf(() => unpack({ record }));
      expect(fault)
        .to.match(/column record/)
        .and.not.include(SECRET);
    }
  });

  it('is followed by errors that name the table', () => {
    for (const [field, place] of [
      ['active', 'column active of securest_users'],
      ['tokensValidFrom', 'column tokens_valid_from of securest_users'],
      ['roles', 'the list of roles of securest_users'],
    ] as const) {
      const row = unpack({ record: JSON.stringify({ username: 'ann', [field]: 7 }) });
      expect(faultOf(() => userFrom(row, 'postgres', ownOrigin))).to.include(`${place} must be`);
    }
  });
});
