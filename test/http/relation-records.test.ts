/** Users whose roles are the rows of a relation, as ORMs load them. */
import { expect } from 'chai';
import { Pool } from 'pg';
import type { RoleLoaderInterface, User, UserstoreInterface } from '../../src';
import { SqlUserstore } from '../../src/sql';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, startApi, type StoreClass } from '../support/scripted';
import { NameProvider } from '../support/secured-server';

const ANN = { 'x-user': 'ann' };
const SECRET = 'the-name-of-a-role';

function peopleOf(fields: object, groups: Readonly<Record<string, object>> = {}): StoreClass {
  return class People implements UserstoreInterface {
    getUser(username: string): User | null {
      return username === 'ann' ? { username, ...fields } : null;
    }
    getGroup(name: string) {
      return (groups[name] ?? null) as ReturnType<NonNullable<UserstoreInterface['getGroup']>>;
    }
  };
}

for (const driver of DRIVERS) {
  describe(`Relations in records on ${driver.name}`, () => {
    let api: Api;
    beforeEach(reset);
    afterEach(() => api[Symbol.asyncDispose]());

    const start = async (userstore: StoreClass, more: object = {}): Promise<void> => {
      api = await startApi(driver, {
        security: { userstores: [userstore], providers: [NameProvider], ...more },
      });
    };
    const misconfigured = () => api.events.filter(({ type }) => type === 'misconfigured');

    for (const [what, fields, cure] of [
      [
        'rows',
        { roles: [{ id: 1, name: SECRET }] },
        'map it in getUser: roles: user.roles.map((role) => role.name)',
      ],
      ['one row', { roles: { id: 1, name: SECRET } }, 'map it in getUser: roles: [user.roles.name]'],
      ['one text', { roles: 'admin' }, 'map it in getUser: roles: [user.roles]'],
      ['a promise', { roles: Promise.resolve([]) }, 'roles: (await user.roles).map((role) => role.name)'],
      [
        'rows of groups',
        { groups: [{ id: 1, name: SECRET }] },
        'map it in getUser: groups: user.groups.map((group) => group.name)',
      ],
    ] as const) {
      it(`answers 500 and logs store, user, field and cure for ${what}`, async () => {
        await start(peopleOf(fields));
        for (const path of ['/guarded', '/admin', '/open']) {
          const reply = await api.get(path, ANN);
          expect([reply.status, reply.json()['code']]).to.deep.equal([500, 'security_error']);
          expect(reply.text).to.not.match(/People|map it/);
        }
        expect(api.ran).to.deep.equal([]);
        const log = api.logger.lines.join('\n');
        expect(log).to.include('People returned a record that is not a user (user ann)').and.to.include(cure);
        expect(log).to.not.include(SECRET);
      });
    }

    it('answers 500 and logs group, field and cure for a group with rows', async () => {
      const staff = { name: 'staff', roles: [{ name: SECRET }] };
      await start(peopleOf({ groups: ['staff'] }, { staff }));
      expect((await api.get('/admin', ANN)).status).to.equal(500);
      const log = api.logger.lines.join('\n');
      expect(log).to.include('People returned a record that is not a group (group staff)');
      expect(log).to.include('map it in getGroup: roles: group.roles.map((role) => role.name)');
      expect(log).to.not.include(SECRET);
    });

    for (const [what, fields, cure] of [
      ['one name', { role: 'admin' }, '`role` and no `roles`.*set it in getUser: roles: \\[user\\.role\\]$'],
      ['one row', { role: { id: 1, name: 'admin' } }, 'roles: \\[user\\.role\\.name\\]$'],
      ['null beside it', { role: 'admin', roles: null }, 'roles: \\[user\\.role\\]$'],
      ['a list of names', { userRoles: ['admin'] }, '`userRoles` .*roles: user\\.userRoles$'],
      [
        'rows of a join table',
        { userRoles: [{ role: { name: 'admin' } }] },
        'roles: user\\.userRoles\\.map\\(\\(role\\) => role\\.role\\.name\\)$',
      ],
    ] as const) {
      it(`denies and reports once that roles are elsewhere: ${what}`, async () => {
        await start(peopleOf(fields));
        for (let round = 0; round < 3; round += 1) {
          expect((await api.get('/admin', ANN)).status).to.equal(403);
        }
        const events = misconfigured();
        expect(events).to.have.length(1);
        expect(events[0]).to.include({ component: 'People', user: 'ann' });
        expect(events[0]).to.have.property('problem').that.matches(new RegExp(cure));
      });
    }

    for (const [what, fields] of [
      ['null', { role: null }],
      ['beside a list of roles', { role: 'admin', roles: [] }],
      ['beside groups', { role: 'admin', groups: [] }],
    ] as const) {
      it(`says nothing of a role that is ${what}`, async () => {
        await start(peopleOf(fields));
        expect((await api.get('/admin', ANN)).status).to.equal(403);
        expect(misconfigured()).to.deep.equal([]);
      });
    }

    it('says nothing where a role loader reads it, nor where no role is asked for', async () => {
      class OfRole implements RoleLoaderInterface<User & { role: string }> {
        getRoles({ role }: { role: string }) {
          return [role];
        }
      }
      await start(peopleOf({ role: 'admin' }), { roleLoaders: [OfRole] });
      expect((await api.get('/admin', ANN)).status).to.equal(200);
      expect(misconfigured()).to.deep.equal([]);
      await api[Symbol.asyncDispose]();
      reset();
      await start(peopleOf({ role: 'admin' }));
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(misconfigured()).to.deep.equal([]);
    });

    it('starts with a pool without limits, and reports what it lacks', async () => {
      class Rows extends SqlUserstore {
        constructor() {
          super({ client: new Pool() });
        }
      }
      await start(Rows);
      const problems = misconfigured().map((event) => ('problem' in event ? event.problem : ''));
      expect(problems).to.have.length(2);
      expect(problems.join()).to.match(/connectionTimeoutMillis.*query_timeout/);
      expect(api.logger.lines.join('\n')).to.include('Rows: the pool has no query_timeout');
    });
  });
}
