import vm from 'node:vm';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { CheapPasswordProvider } from '../support/hashers';

const HASH = hashSync('right', 4);

class Passwords extends CheapPasswordProvider {
  constructor() {
    super({ throttle: false });
  }
}

/** The records by their names, as an app's own store gives them. */
let records: Record<string, unknown> = {};
class Table {
  readonly name = 'table';
  getUser(name: string): User | null {
    return (records[name] as User | undefined) ?? null;
  }
}
/** Knows the user of a header, whatever its record is. */
class Header {
  readonly credential = 'x-user';
  getUser = (name: string) => new Table().getUser(name);
  authenticate(request: { header(name: string): string | undefined }, store: Table) {
    return store.getUser(request.header('x-user') ?? '');
  }
}

const basic = (username: string) => ({
  authorization: `Basic ${Buffer.from(`${username}:right`).toString('base64')}`,
});

for (const driver of DRIVERS) {
  describe(`Records as they come on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (security: object = {}) =>
      startApi(driver, { security: { providers: [Header, Passwords], userstores: [Table], ...security } });
    const problems = (api: { events: readonly { type: string }[] }) =>
      api.events.filter(({ type }) => type === 'misconfigured');

    const broken: [record: object, words: RegExp][] = [
      [{ username: 'ann', roles: 'admin' }, /table .*\(user ann\): roles must be .* list .*, and is a text/],
      [
        { username: 'ann', groups: ['a', 7] },
        /\(user ann\): groups must be .*, and is a list with a text and a number/,
      ],
      [{ username: 'ann', active: 1 }, /\(user ann\): active must be true, false or absent, and is a number/],
      [{ username: 'ann', active: null }, /\(user ann\): active .*, and is null/],
      [{ username: 'ann', email: 7n }, /\(user ann\): email .*, and is a bigint/],
      [
        { username: 'ann', tokensValidFrom: '2026-01-01' },
        /tokensValidFrom must be a valid Date.* is a text/,
      ],
      [{ username: 'ann', tokensValidFrom: new Date(Number.NaN) }, /is a Date without a time/],
      [{ username: 7 }, /table returned a record that is not a user: username must be .*, and is a number/],
      [{ username: '' }, /username .*, and is an empty text/],
      [[], /table returned an empty list in place of a user/],
      [Object.defineProperty({ username: 'ann' }, 'roles', { get: () => { throw new Error(HASH); } }), /roles .* cannot be read/], // prettier-ignore
    ];
    for (const [record, words] of broken) {
      it(`are named with their store, user and field: ${words.source}`, async () => {
        records = { ann: Array.isArray(record) ? record : Object.assign(record, { password: HASH }) };
        await using api = await start();
        for (const headers of [{ 'x-user': 'ann' }, basic('ann')]) {
          expect((await api.get('/guarded', headers)).status).to.equal(500);
          const line = api.logger.lines.find((text) => text.includes('could not decide')) ?? '';
          expect(line).to.match(words);
          expect(api.logger.lines.join()).to.not.include(HASH);
          api.logger.lines.length = 0;
        }
      });
    }

    it('may have dates of another realm', async () => {
      records = { ann: { username: 'ann', tokensValidFrom: vm.runInNewContext('new Date(5)') as Date } };
      await using api = await start();
      expect((await api.get('/guarded', { 'x-user': 'ann' })).status).to.equal(200);
    });

    it('without a hash are 401, and one event for the store says why', async () => {
      records = { ann: { username: 'ann', passwordHash: HASH }, bob: { username: 'bob', password: null } };
      await using api = await start();
      for (const name of ['ann', 'ann', 'bob', 'nobody']) {
        expect((await api.get('/guarded', basic(name))).status).to.equal(401);
      }
      const told = problems(api);
      expect(told).to.have.lengthOf(1);
      expect(told[0]).to.include({ component: 'table', user: 'ann' });
      expect(JSON.stringify(told))
        .to.match(/without a stored hash/)
        .and.not.include(HASH);
    });

    for (const [field, value] of [
      ['isActive', false],
      ['disabled', true],
      ['deletedAt', new Date()],
      ['is_enabled', 0],
    ] as const) {
      // prettier-ignore
      it(`that have ${field} and no active log in, and one event for the store says so`, async () => {
        records = { ann: { username: 'ann', [field]: value }, bob: { username: 'bob', [field]: value } };
        await using api = await start();
        for (const name of ['ann', 'bob', 'ann']) {
          expect((await api.get('/guarded', { 'x-user': name })).status).to.equal(200);
        }
        const told = problems(api);
        expect(told).to.have.lengthOf(1);
        expect(told[0]).to.include({ component: 'table', user: 'ann' });
        expect(JSON.stringify(told)).to.include(`\`${field}\` and no \`active\``);
      });
    }

    it('with active need no other field', async () => {
      records = { ann: { username: 'ann', active: true, deletedAt: null }, bob: { username: 'bob' } };
      await using api = await start();
      for (const name of ['ann', 'bob']) {
        expect((await api.get('/guarded', { 'x-user': name })).status).to.equal(200);
      }
      expect(problems(api)).to.deep.equal([]);
    });

    it('log in as the option isActive says, literally true, and never against active: false', async () => {
      records = {
        ann: { username: 'ann', password: HASH, deletedAt: null },
        bob: { username: 'bob', password: HASH, deletedAt: new Date() },
        eve: { username: 'eve', password: HASH, deletedAt: null, active: false },
      };
      await using api = await start({ isActive: (user: { deletedAt: unknown }) => user.deletedAt === null });
      const status = async (headers: Record<string, string>) => (await api.get('/guarded', headers)).status;
      for (const [name, expected] of [
        ['ann', 200],
        ['bob', 401],
        ['eve', 401],
      ] as const) {
        // prettier-ignore
        expect([name, await status({ 'x-user': name }), await status(basic(name))]).to.deep.equal([
          name,
          expected,
          expected,
        ]);
      }
      expect(problems(api)).to.deep.equal([]);
    });

    it('are decided about as the store gave them, whatever a provider makes of them', async () => {
      records = {
        ann: { username: 'ann' },
        bob: { username: 'bob', locked: true },
        eve: { username: 'eve', active: false },
      };
      class Copying extends Header {
        override authenticate(...parameters: Parameters<Header['authenticate']>) {
          const user = super.authenticate(...parameters);
          return user && { username: user.username };
        }
      }
      await using api = await start({
        providers: [Copying],
        isActive: (user: { locked?: boolean }) => user.locked !== true,
      });
      const status = async (name: string) => (await api.get('/guarded', { 'x-user': name })).status;
      expect([await status('ann'), await status('bob'), await status('eve')]).to.deep.equal([200, 401, 401]);
    });

    it('cost and count like a wrong password where the right one is of a user who must not log in', async () => {
      records = { bob: { username: 'bob', password: HASH, locked: true } };
      class Throttled extends CheapPasswordProvider {
        constructor() {
          super({ throttle: { perPair: 2 } });
        }
      }
      await using api = await start({
        providers: [Throttled],
        isActive: (user: { locked?: boolean }) => user.locked !== true,
      });
      const statuses: number[] = [];
      for (let time = 0; time < 12; time += 1)
        statuses.push((await api.get('/guarded', basic('bob'))).status);
      expect(statuses[0]).to.equal(401);
      expect(statuses.at(-1)).to.equal(429);
    });

    for (const [what, isActive, expected] of [
      ['a promise of true', () => Promise.resolve(true), 401],
      ['a promise that rejects', () => Promise.reject(new Error('no')), 401],
      ['1', () => 1, 401],
      ['nothing', () => undefined, 401],
      ['a throw', () => { throw new Error('no'); }, 500], // prettier-ignore
    ] as [string, () => unknown, number][]) {
      it(`do not log in where isActive answers ${what}`, async () => {
        records = { ann: { username: 'ann' } };
        await using api = await start({ isActive });
        expect((await api.get('/guarded', { 'x-user': 'ann' })).status).to.equal(expected);
      });
    }
  });
}
