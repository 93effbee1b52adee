import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { removeFactors } from '../../../src/cli/factor-remove';
import { runCli } from '../../../src/cli/run-cli';
import type { FactorOwner } from '../../../src/factors/second-factor';
import { digestOf } from '../../../src/sessions/session-cookie';
import type { SessionRecord } from '../../../src/sessions/session-record';
import { SessionStore } from '../../../src/sessions/session-store';
import { migrate, SqliteClient, SqlFactors, SqlState } from '../../../src/sql';
import { SqlUserDirectory } from '../../../src/sql/sql-directory';

const DAY_MS = 86_400_000;
const OTP = '{"v":1,"key":"a","lastStep":1,"recovery":[],"wrong":0,"closed":true}';

describe('The commands for sessions and factors', function () {
  this.timeout(30_000);
  let folder: string;
  let target: string;
  let client: SqliteClient;
  let state: SqlState;
  let store: SessionStore;
  let factors: SqlFactors;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const path = join(folder, 'app.db');
    target = `sqlite:${path}`;
    client = new SqliteClient(path);
    await migrate(client);
    state = new SqlState({ client });
    store = new SessionStore(state);
    factors = new SqlFactors({ client });
  });
  afterEach(async () => {
    await state.close();
    client.close();
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
    return { code, out, err };
  };
  const add = async (name: string, user: string, more: Partial<SessionRecord> = {}): Promise<string> => {
    const id = digestOf(name);
    const now = Date.now();
    const record: SessionRecord = {
      user,
      stamp: 0,
      factors: [{ method: 'pwd', at: now }],
      secret: digestOf(`secret of ${name}`),
      started: now,
      seen: now,
      ends: now + DAY_MS,
      ip: '192.0.2.7',
      userAgent: 'Browser/1',
      ...more,
    };
    expect(await store.set('ses', id, record, now + DAY_MS)).to.equal(true);
    return id;
  };
  const passkey = (id: string, username: string, userstore?: string) =>
    factors.addPasskey({
      id,
      user: { username, userstore },
      userHandle: 'aA',
      publicKey: 'aA',
      counter: 0,
      device: 'multi',
      transports: [],
      name: 'phone\u001b[31m',
      createdAt: new Date(1_700_000_000_000),
    });

  it('list sessions, the last used one first, and tell no secret', async () => {
    const now = Date.now();
    const old = await add('old', 'ann', { seen: now - 5000 });
    const fresh = await add('fresh', 'ann', { userstore: 'ldap' });
    await add('other', 'ben');
    const { code, out } = await run('sessions', 'list', target, 'ann', '--json');
    const { sessions } = JSON.parse(out) as { sessions: { id: string }[] };
    expect([code, sessions.map(({ id }) => id)]).to.deep.equal([0, [fresh, old]]);
    expect(out).not.to.contain('secret').and.not.to.contain(digestOf('secret of old'));
    const text = await run('sessions', 'list', target, 'ann', '--userstore', 'ldap');
    expect(text.out).to.contain(fresh).and.to.contain('192.0.2.7').and.not.to.contain(old);
  });

  it('end one session of the user, or all, and logins that need a second factor', async () => {
    const [one, two] = [await add('one', 'ann'), await add('two', 'ann')];
    const bens = await add('ben', 'ben');
    const {
      user,
      stamp,
      factors: proved,
      secret,
    } = (await store.get('ses', one))?.record ?? ({} as SessionRecord);
    const half = { user, stamp, factors: proved, secret, next: ['otp'], until: Date.now() + 60_000 };
    await store.set('half', 'h', half, Date.now() + 60_000);
    expect((await run('sessions', 'end', target, 'ann', bens)).code).to.equal(1);
    expect((await run('sessions', 'end', target, 'ann', one)).out).to.equal('1 session of ann ended\n');
    expect(await store.get('ses', one)).to.equal(undefined);
    expect((await run('sessions', 'end', target, 'ann')).out).to.equal('1 session of ann ended\n');
    expect([await store.get('ses', two), await store.get('half', 'h')]).to.deep.equal([undefined, undefined]);
    expect((await store.get('ses', bens))?.record.user).to.equal('ben');
  });

  it('list and remove factors of the user, in the store that is named', async () => {
    await factors.updateOtp({ username: 'ann' }, OTP, undefined);
    await passkey('AAAA', 'ann');
    await passkey('BBBB', 'ann');
    await passkey('CCCC', 'ann', 'ldap');
    const { out } = await run('factor', 'list', target, 'ann');
    expect(out)
      .to.contain('otp  0 recovery codes left  closed')
      .and.to.contain('AAAA')
      .and.not.to.contain('CCCC');
    expect(out).not.to.contain('\u001b');
    expect((await run('factor', 'remove', target, 'ann', 'AAAA')).out).to.equal('AAAA of ann removed\n');
    expect((await run('factor', 'remove', target, 'ann', 'CCCC')).code).to.equal(1);
    const all = await run('factor', 'remove', target, 'ann', '--json');
    expect(JSON.parse(all.out)).to.deep.equal({ username: 'ann', removed: ['otp', 'BBBB'] });
    expect((await run('factor', 'remove', target, 'ann')).code).to.equal(1);
    expect(await factors.listPasskeys({ username: 'ann', userstore: 'ldap' })).to.have.length(1);
  });

  it('remove codes that are guessed at meanwhile', async () => {
    let wrong = 0;
    class Guessed extends SqlFactors {
      override async getOtp(user: FactorOwner) {
        const text = await super.getOtp(user);
        if (text === undefined || wrong >= 3) return text;
        wrong += 1;
        await super.updateOtp(user, OTP.replace('"wrong":0', `"wrong":${String(wrong)}`), text);
        return text;
      }
    }
    await factors.updateOtp({ username: 'ann' }, OTP, undefined);
    expect(await removeFactors(new Guessed({ client }), { username: 'ann' })).to.deep.equal(['otp']);
    expect(await factors.getOtp({ username: 'ann' })).to.equal(undefined);
    expect(await removeFactors(factors, { username: 'ann' })).to.deep.equal([]);
  });

  it('leave nothing of a removed user to whoever gets the name', async () => {
    await new SqlUserDirectory(client).add({ username: 'ann' });
    await add('one', 'ann');
    await passkey('AAAA', 'ann');
    await factors.updateOtp({ username: 'ann' }, OTP, undefined);
    const { code, out } = await run('user', 'remove', target, 'ann', '--json');
    expect([code, JSON.parse(out)]).to.deep.equal([
      0,
      { username: 'ann', logins: 0, sessions: 1, keys: 0, factors: 2 },
    ]);
    expect(await store.list('ses', 'ann')).to.deep.equal([]);
    expect(await factors.getOtp({ username: 'ann' })).to.equal(undefined);
  });
});
