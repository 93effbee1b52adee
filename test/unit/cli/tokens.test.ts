import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenInvalidError } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { migrate, SqliteClient, SqlState } from '../../../src/sql';
import { eventually } from '../../support/eventually';
import { type Families, familyIdOf, makeFamilies, rejection } from '../../support/families';

interface Listed {
  readonly families: readonly { id: string; ip?: string; methods: string[]; userstore?: string }[];
}

describe('securest tokens', function () {
  this.timeout(60_000);
  let folder: string;
  let database: string;
  let client: SqliteClient;
  let app: Families;

  const open = (userstores: readonly string[]): Families => {
    const families = makeFamilies({
      state: new SqlState({ client }),
      clock: Date.now,
      clockToleranceSeconds: 1,
      userstores,
    });
    families.clock.now = Date.now();
    return families;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    database = join(folder, 'state.sqlite');
    client = new SqliteClient(database);
    await migrate(client);
    app = open(['Users']);
  });
  afterEach(async () => {
    await app.tokens.close();
    client.close();
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
    return { code, out, err };
  };
  const listed = async (...args: string[]) =>
    (JSON.parse((await run('tokens', 'list', database, ...args, '--json')).out) as Listed).families;
  const isRevoked = async (token: string) => app.tokens.isRevoked(app.tokens.verify(token));

  it('lists the logins of a user, without a secret', async () => {
    const first = await app.start();
    await app.start('ben');
    const [family, ...others] = await listed('ann');
    expect(others).to.deep.equal([]);
    expect(family).to.include({ id: familyIdOf(first.refreshToken), ip: '192.0.2.7' });
    expect(family?.methods).to.deep.equal(['pwd']);
    const { out, code } = await run('tokens', 'list', database, 'ann');
    expect(code).to.equal(0);
    expect(out).to.match(/^[0-9a-f]{24} {2}started .* {2}by pwd {2}from 192\.0\.2\.7\n$/);
    for (const secret of [first.refreshToken.slice(29), first.token]) expect(out).to.not.include(secret);
    expect(await listed('nobody')).to.deep.equal([]);
    expect(await listed('Ann')).to.deep.equal([]);
  });

  it('ends one login, which the running app refuses, and no other', async () => {
    const [first, other] = [await app.start(), await app.start()];
    const id = familyIdOf(first.refreshToken);
    const { code, out } = await run('tokens', 'end', database, 'ann', id, '--json');
    expect([code, JSON.parse(out)]).to.deep.equal([0, { username: 'ann', ended: [id] }]);
    await eventually(() => isRevoked(first.token));
    expect(await isRevoked(other.token)).to.equal(false);
    expect(await rejection(app.tokens.refresh(first.refreshToken))).to.be.instanceOf(TokenInvalidError);
    await app.tokens.refresh(other.refreshToken);
    expect((await run('tokens', 'end', database, 'ann', id)).code).to.equal(1);
  });

  it('ends all of a user, those of issue() too, and nobody else', async () => {
    const [mine, bens] = [await app.start(), await app.start('ben')];
    const issued = app.tokens.issue(app.login());
    expect((await run('tokens', 'end', database, 'ann')).out).to.equal('1 login of ann ended\n');
    for (const { token } of [mine, issued]) await eventually(() => isRevoked(token));
    expect(await isRevoked(bens.token)).to.equal(false);
    expect(await rejection(app.tokens.refresh(mine.refreshToken))).to.be.instanceOf(TokenInvalidError);
    expect(await listed('ann')).to.deep.equal([]);
  });

  it('is of one userstore where the app has several', async () => {
    await app.tokens.close();
    app = open(['staff', 'sql']);
    app.people['ann'] = { userstore: 'staff' };
    const login = app.login('ann');
    const source = { kind: 'userstore', name: 'staff' };
    // As the chain states it.
    const staff = Object.assign(Object.create(login) as typeof login, { source });
    const { refreshToken } = await app.tokens.start(staff);
    expect(await listed('ann', '--userstore', 'sql')).to.deep.equal([]);
    expect((await listed('ann', '--userstore', 'staff')).map(({ id }) => id)).to.deep.equal([
      familyIdOf(refreshToken),
    ]);
    await run('tokens', 'end', database, 'ann', '--userstore', 'sql');
    const next = await app.tokens.refresh(refreshToken);
    await run('tokens', 'end', database, 'ann', '--userstore', 'staff');
    expect(await rejection(app.tokens.refresh(next.refreshToken))).to.be.instanceOf(TokenInvalidError);
  });

  it('ends only what is the named user’s own', async () => {
    const bens = await app.start('ben');
    const { code } = await run('tokens', 'end', database, 'ann', familyIdOf(bens.refreshToken));
    expect(code).to.equal(1);
    await app.tokens.refresh(bens.refreshToken);
  });

  it('takes no invalid arguments', async () => {
    for (const args of [[], ['ann', 'x', 'y'], ['ann', '--ttl', '0'], ['ann', '--ttl', '1h'], ['']]) {
      expect((await run('tokens', 'end', database, ...args)).code).to.equal(2);
    }
    expect((await run('tokens', 'end', database, 'ann', 'no-id')).code).to.equal(1);
  });
});
