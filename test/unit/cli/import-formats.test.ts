import { expect } from 'chai';
import { type ImportFormat, readRecords } from '../../../src/cli/import-formats';
import { readRows, type RowOptions } from '../../../src/cli/import-rows';
import { decodeSheet } from '../../../src/files/read-text';
import { fresh } from '../../support/hash-tables';
import frameworks from '../../vectors/framework_hashes.json';

const HASH = '$2b$04$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';

function read(text: string, format: ImportFormat = 'csv', options: Partial<RowOptions> = {}) {
  return readRows(readRecords(text, format), { isWeakMeant: false, ...options });
}
const users = (...args: Parameters<typeof read>) => {
  const { rows, faults } = read(...args);
  expect(faults).to.deep.equal([]);
  return rows.map(({ user }) => user);
};

describe('Tables to import', () => {
  const bob = { username: 'bob', email: 'bob@x.org', active: false, roles: ['a role'] };

  for (const [what, text] of Object.entries({
    commas: 'username,email,active,roles\nbob,bob@x.org,false,a role\n',
    semicolons: 'username;email;active;roles\nbob;bob@x.org;false;a role\n',
    tabs: 'username\temail\tactive\troles\nbob\tbob@x.org\tfalse\ta role\n',
    'spaces after commas': 'username, email, active, roles\nbob, bob@x.org, false, a role\n',
    'quotes after spaces': 'username, email, active, roles\r\nbob, "bob@x.org", "false", "a role"\r\n',
    capitals: '"Username";"EMAIL";"Active";"Roles"\nbob;bob@x.org;FALSE;a role\n',
    'another order': 'Roles,Active,Email,Username\na role,False,bob@x.org,bob\n',
  })) {
    it(`reads ${what}`, () => expect(users(text)).to.deep.equal([bob]));
  }

  it('keeps a comma in a field of a table with semicolons, and an empty field between tabs', () => {
    expect(users('username;email\n"b;c, d";x@x\n')).to.deep.equal([{ username: 'b;c, d', email: 'x@x' }]);
    expect(users('username\temail\tactive\nbob\t\tTRUE\n')).to.deep.equal([{ username: 'bob' }]);
  });

  it('keeps the spaces of a quoted password', () => {
    expect(read('username, password\nbob, "  a long password "\n').rows[0]?.password).to.equal(
      '  a long password ',
    );
  });

  it('reads UTF-16 of both orders, with and without a mark, and refuses half a character', () => {
    const text = 'username,email\r\ngrüße🔑,x@x\r\n';
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const bytes of [
      little,
      big,
      Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
      Buffer.from(text),
      Buffer.from(`\ufeff${text}`),
    ]) {
      expect(users(decodeSheet(bytes))).to.deep.equal([{ username: 'grüße🔑', email: 'x@x' }]);
    }
    expect(() => decodeSheet(little.subarray(0, -1))).to.throw('UTF-16');
    expect(() => decodeSheet(Buffer.from([0x61, 0xff, 0x62]))).to.throw('UTF-8');
    expect(decodeSheet(Buffer.alloc(0))).to.equal('');
  });

  it('says line, column and value, and no value where it may be a secret', () => {
    const { faults } = read(
      'username,password,password_hash,active,roles\n' +
        'a,,,yes,\n' +
        'b,hunter2,,,\n' +
        'c,,hunter2,,\n' +
        '"d ",,,,\n' +
        'e,,,,x;y\n' +
        `f,${HASH},,,\n` +
        `g,hunter2 hunter2,${HASH},,\n`,
    );
    expect(faults.map((fault) => /^line \d+(?:: \w+)?/.exec(fault)?.[0])).to.deep.equal([
      'line 2: active',
      'line 3: password',
      'line 4: password_hash',
      'line 5: username',
      'line 6: roles',
      'line 7: password',
      'line 8: has',
    ]);
    expect(faults[0]).to.include('"yes"');
    expect(faults[3]).to.not.include('d "');
    expect(faults[4]).to.include('--roles-separator');
    expect(faults[4]).to.not.include('x;y');
    expect(faults.join()).to.not.match(/hunter2|\$2b/);
  });

  it('takes several roles in one cell by the separator alone', () => {
    for (const [cell, separator] of [
      ['x; y;x;', ';'],
      ['x|y', '|'],
      ['x y', ' '],
      ['"x,y"', ','],
    ] as const) {
      const text = `username,roles,groups\nbob,${cell},${cell}\n`;
      expect(users(text, 'csv', { separator })).to.deep.equal([
        { username: 'bob', roles: ['x', 'y'], groups: ['x', 'y'] },
      ]);
    }
    for (const cell of ['x;y', '"x,y"', 'x|y']) {
      for (const column of ['roles', 'groups']) {
        const { rows, faults } = read(`username,${column}\nok,z\nbob,${cell}\n`);
        expect(rows).to.have.length(1);
        expect(faults, cell).to.have.length(1);
        expect(faults[0]).to.match(new RegExp(`^line 3: ${column} `));
      }
    }
  });

  it('refuses one name in two normal forms', () => {
    const { rows, faults } = read('username\nzoe\u0301\nzo\u00e9\nzoe\n');
    expect(rows.map(({ user }) => user.username)).to.deep.equal(['zoe\u0301', 'zoe']);
    expect(faults).to.have.length(1);
    expect(faults[0]).to.match(/^line 3: .*line 2.*normal form/);
  });
});

describe('Files of other products to import', () => {
  it('reads htpasswd', () => {
    const text = `# staff\nann:${HASH}\n\nbob:{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=\r\n`;
    expect(users(text, 'htpasswd')).to.deep.equal([
      { username: 'ann', password: HASH },
      { username: 'bob', password: '{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=' },
    ]);
    expect(read('ann:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\n', 'htpasswd').faults[0]).to.match(
      /^line 1: password_hash /,
    );
    for (const wrong of ['ann\n', 'ann:\n', `ann:${HASH}:more\n`]) {
      expect(() => read(`ok:${HASH}\n${wrong}`, 'htpasswd')).to.throw(/^line 2: (?!.*\$2b)/);
    }
  });

  it('reads the users of Authelia', () => {
    const text = `users:\n  ann:\n    disabled: true\n    displayname: Ann\n    password: '${HASH}'\n    email: ann@x.org\n    groups: [admins, dev]\n  bob:\n    password: '${HASH}'\n`;
    expect(users(text, 'authelia')).to.deep.equal([
      { username: 'ann', password: HASH, email: 'ann@x.org', active: false, groups: ['admins', 'dev'] },
      { username: 'bob', password: HASH },
    ]);
    expect(() => read('users:\n  ann: {password: hunter2\n', 'authelia')).to.throw(
      /^line \d+: (?!.*hunter2)/,
    );
    expect(read('a list\n', 'authelia')).to.deep.equal({ rows: [], faults: [] });
  });

  it('reads an export of Keycloak, whose hashes verify', async () => {
    const {
      password_utf8: password,
      command,
      hash,
    } = frameworks.vectors.find(({ scheme }) => scheme === 'keycloak_pbkdf2_sha256')!;
    const credential = { type: 'password', ...(JSON.parse(command) as object) };
    const realm = {
      realm: 'x',
      users: [
        {
          username: 'alice',
          enabled: true,
          email: 'a@x.org',
          credentials: [{ type: 'otp', secretData: '{}' }, credential],
          realmRoles: ['clerk'],
          groups: ['/Staff'],
        },
        { username: 'robot', enabled: false },
      ],
    };
    const expected = [
      { username: 'alice', email: 'a@x.org', password: hash, roles: ['clerk'], groups: ['Staff'] },
      { username: 'robot', active: false },
    ];
    expect(users(JSON.stringify(realm), 'keycloak')).to.deep.equal(expected);
    expect(users(JSON.stringify(realm.users), 'keycloak')).to.deep.equal(expected);
    expect(await fresh().verify(password, hash)).to.equal(true);
  });

  it("reads Keycloak's argon2, and says which user has a password of another kind", () => {
    const of = (credentialData: object) =>
      JSON.stringify([
        {
          username: 'ann',
          enabled: true,
          credentials: [
            {
              type: 'password',
              secretData: JSON.stringify({
                value: Buffer.alloc(32, 1).toString('base64'),
                salt: 'AAAAAAAAAAAAAAAAAAAAAA==',
              }),
              credentialData: JSON.stringify(credentialData),
            },
          ],
        },
      ]);
    const argon2 = {
      hashIterations: 5,
      algorithm: 'argon2',
      additionalParameters: {
        hashLength: ['32'],
        memory: ['7168'],
        type: ['id'],
        version: ['1.3'],
        parallelism: ['1'],
      },
    };
    expect(users(of(argon2), 'keycloak')[0]?.password).to.match(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$A{22}\$/);
    for (const wrong of [
      { algorithm: 'md5', hashIterations: 1 },
      { algorithm: 'toString', hashIterations: 1 },
      { algorithm: 'pbkdf2-sha256', hashIterations: 10_000_001 },
      { algorithm: 'pbkdf2-sha256', hashIterations: '1e3' },
      { ...argon2, additionalParameters: { memory: ['99999999'] } },
      {},
    ]) {
      expect(read(of(wrong), 'keycloak').faults[0], JSON.stringify(wrong)).to.match(
        /^user 1: password_hash /,
      );
    }
  });

  it('reads what dumpdata of Django prints', () => {
    const hash = frameworks.vectors.find(({ scheme }) => scheme === 'django_pbkdf2_sha256')!.hash;
    const fields = { password: hash, is_superuser: true, email: 'a@x.org', is_active: true };
    const text = JSON.stringify([
      { model: 'auth.permission', pk: 1, fields: { name: 'x' } },
      { model: 'auth.group', pk: 7, fields: { name: 'staff', permissions: [] } },
      { model: 'auth.user', pk: 1, fields: { ...fields, username: 'ann', groups: [7] } },
      {
        model: 'accounts.user',
        pk: 2,
        fields: { ...fields, username: 'bob', is_active: false, groups: [['staff']] },
      },
      { model: 'auth.user', pk: 3, fields: { ...fields, username: 'cy', password: '!x', groups: [] } },
    ]);
    expect(users(text, 'django')).to.deep.equal([
      { username: 'ann', password: hash, email: 'a@x.org', groups: ['staff'] },
      { username: 'bob', password: hash, email: 'a@x.org', active: false, groups: ['staff'] },
      { username: 'cy', email: 'a@x.org' },
    ]);
  });

  it('refuses JSON that is broken or another document, without quoting it', () => {
    for (const format of ['keycloak', 'django'] as const) {
      for (const text of ['', 'hunter2', '{"users": "hunter2"}', 'null', '7']) {
        expect(() => read(text, format), text).to.throw(/^line 1: (?!.*hunter2)/);
      }
      expect(read('[null, 1, "x", {}]', format).rows).to.deep.equal([]);
    }
  });

  for (const column of ['username', 'email', 'active', 'roles', 'groups']) {
    it(`quotes nothing of ${column} in a table with passwords, as its line may be shifted`, () => {
      const names = ['password', ...['username', 'email', 'active', 'roles', 'groups']];
      const cells = names.map((name) =>
        name === column ? '"s3cret;\u0007horse "' : name === 'username' ? 'ann' : '',
      );
      const { faults } = read(`${names.join(',')}\n${cells.join(',')}\n`, 'csv');
      expect(faults).to.have.length(1);
      expect(faults[0]).to.contain(`: ${column} `).and.not.contain('s3cret').and.not.contain('horse');
    });
  }

  it('quotes what is written for true and false, and cells of tables without passwords', () => {
    expect(read('username,password_hash,active\nann,,yes\n', 'csv').faults[0]).to.contain('"yes"');
    expect(read('username,roles\nann,a;b\n', 'csv').faults[0]).to.contain('"a;b"');
  });
});
