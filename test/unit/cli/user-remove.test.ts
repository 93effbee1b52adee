import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApiKeys, Authentication, TokenInvalidError } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { verifierOf } from '../../../src/keys/api-keys';
import { migrate, SqliteClient, SqlState } from '../../../src/sql';
import { eventually } from '../../support/eventually';
import { makeFamilies, rejection } from '../../support/families';

const FILE = `# All who may log in.
users:
  # The first.
  - username: ann
    roles: [admin] # for now

  - username: ben
    groups: [staff]
    # Until May.
    active: false
  - { username: cleo, email: cleo@example.org }
groups:
  - name: staff
`;

describe('securest user remove', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
    return { code, out, err };
  };

  describe('in a file', () => {
    const remove = async (text: string, name: string) => {
      const path = join(folder, 'users.yaml');
      writeFileSync(path, text);
      const result = await run('user', 'remove', path, name);
      return { ...result, text: readFileSync(path, 'utf8') };
    };

    for (const [name, lines] of [
      ['ann', ['  - username: ann\n    roles: [admin] # for now\n']],
      ['ben', ['  - username: ben\n    groups: [staff]\n    # Until May.\n    active: false\n']],
      ['cleo', ['  - { username: cleo, email: cleo@example.org }\n']],
    ] as const) {
      it(`takes out the lines of ${name}, and leaves every other byte`, async () => {
        for (const eol of ['\n', '\r\n']) {
          const before = FILE.replaceAll('\n', eol);
          const { code, out, err, text } = await remove(before, name);
          expect([code, out]).to.deep.equal([0, `${name} has been removed\n`]);
          expect(err).to.include('tokens end').and.include('key revoke');
          expect(text).to.equal(
            lines.reduce((left, one) => left.replace(one.replaceAll('\n', eol), ''), before),
          );
        }
      });
    }

    it('removes the last user of a file without a line break at its end', async () => {
      const { text } = await remove('users:\n  - username: ann\n  - username: ben', 'ben');
      expect(text).to.equal('users:\n  - username: ann\n');
    });

    it('refuses a user who does not exist, and changes nothing', async () => {
      for (const name of ['Ann', 'nobody', '']) {
        const { code, text } = await remove(FILE, name);
        expect([code, text]).to.deep.equal([1, FILE]);
      }
    });

    for (const text of [
      'users: [{ username: ann }, { username: ben }]\n',
      '{"users": [{"username": "ann"}, {"username": "ben"}]}\n',
    ]) {
      it(`leaves ${text.trim()} to be edited by hand`, async () => {
        const result = await remove(text, 'ann');
        expect([result.code, result.text]).to.deep.equal([2, text]);
        expect(result.err).to.include('by hand');
      });
    }

    it('gives a later user of the name another id', async () => {
      const path = join(folder, 'users.yaml');
      writeFileSync(path, 'users:\n  - username: ben\n  - username: ann\n    id: old\n');
      await run('user', 'remove', path, 'ann');
      writeFileSync(join(folder, 'more.csv'), 'username\nann\n');
      expect((await run('user', 'import', join(folder, 'more.csv'), path)).code).to.equal(0);
      const text = readFileSync(path, 'utf8');
      expect(text)
        .to.match(/username: ann\n {4}.*id: /s)
        .and.not.include('old');
    });
  });

  describe('in a database', () => {
    let database: string;
    let client: SqliteClient;
    beforeEach(async () => {
      database = `sqlite:${join(folder, 'app.sqlite')}`;
      client = new SqliteClient(join(folder, 'app.sqlite'));
      await migrate(client);
      await client.query("INSERT INTO securest_groups (name) VALUES ('staff')", []);
      for (const name of ['ann', 'ben']) {
        await client.query('INSERT INTO securest_users (username) VALUES ($1)', [name]);
        await client.query('INSERT INTO securest_user_roles (username, role) VALUES ($1, $2)', [
          name,
          'admin',
        ]);
        await client.query("INSERT INTO securest_memberships (username, group_name) VALUES ($1, 'staff')", [
          name,
        ]);
      }
    });
    afterEach(() => {
      client.close();
    });
    const count = async (table: string, name: string) =>
      (await client.query(`SELECT username FROM ${table} WHERE username = $1`, [name])).rows.length;

    it('removes the user with roles and memberships, and nobody else', async () => {
      const { code, out } = await run('user', 'remove', database, 'ann', '--json');
      expect([code, JSON.parse(out)]).to.deep.equal([
        0,
        {
          username: 'ann',
          logins: 0,
          sessions: 0,
          keys: 0,
          factors: 0,
        },
      ]);
      for (const table of ['securest_users', 'securest_user_roles', 'securest_memberships']) {
        expect([await count(table, 'ann'), await count(table, 'ben')], table).to.deep.equal([0, 1]);
      }
      for (const name of ['ann', 'ANN', '']) {
        expect((await run('user', 'remove', database, name)).code).to.equal(1);
      }
    });

    it('ends the logins and API keys of the user, which the running app refuses', async () => {
      const state = new SqlState({ client });
      const app = makeFamilies({ state, clock: Date.now, clockToleranceSeconds: 1 });
      app.clock.now = Date.now();
      const keys = new ApiKeys({ state, prefix: 'notes' });
      const find = (text: string) => verifierOf(keys).find(text);
      const [mine, bens] = [await app.start(), await app.start('ben')];
      const make = async (username: string) =>
        (await keys.create(new Authentication({ username }), { name: 'build' })).key;
      const [myKey, bensKey] = [await make('ann'), await make('ben')];

      const { out } = await run('user', 'remove', database, 'ann', '--json');
      expect(JSON.parse(out)).to.deep.equal({
        username: 'ann',
        logins: 1,
        sessions: 0,
        keys: 1,
        factors: 0,
      });
      await eventually(async () => app.tokens.isRevoked(app.tokens.verify(mine.token)));
      expect(await rejection(app.tokens.refresh(mine.refreshToken))).to.be.instanceOf(TokenInvalidError);
      expect(await find(myKey)).to.equal(undefined);
      expect(await find(bensKey)).to.include({ user: 'ben' });
      await app.tokens.refresh(bens.refreshToken);
      await app.tokens.close();
    });
  });
});
