import { expect } from 'chai';
import { SqlUserstore, type SqlClient, type SqlTable } from '../../src/sql';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, provider, startApi } from '../support/scripted';

const SECRET = 'hunter2';
const ByName = provider(
  'ByName',
  (request, users) => {
    const name = request.header('x-user');
    return name === undefined ? null : users.getUser(name);
  },
  { credential: 'x-user' },
);
const TABLE = {
  ...{ name: 'people', username: 'login', password: 'hash', active: 'enabled', roles: 'duty' },
  tokensValidFrom: 'since',
} as const satisfies SqlTable;

for (const driver of DRIVERS) {
  describe(`SqlUserstore on ${driver.name}`, () => {
    let api: Api | undefined;
    beforeEach(reset);
    afterEach(() => api?.[Symbol.asyncDispose]());

    const start = async (row: object, fields?: unknown): Promise<void> => {
      const client: SqlClient = {
        query: () => Promise.resolve({ rows: [{ username: 'ann', password: SECRET, ...row }], fields }),
      };
      class Users extends SqlUserstore {
        constructor() {
          super({ client, table: TABLE });
        }
      }
      api = await startApi(driver, { security: { userstores: [Users], providers: [ByName] } });
    };
    const get = (path: string) => api!.get(path, { 'x-user': 'ann' });

    for (const roles of ['admin', '{editor,admin}', '["admin"]', ['admin']]) {
      it(`counts the roles of ${JSON.stringify(roles)}`, async () => {
        await start({ roles });
        expect((await get('/admin')).status).to.equal(200);
      });
    }

    it('denies with the roles of one name, an array and null', async () => {
      for (const roles of ['administrator', '{"admin "}', '{}', null]) {
        reset();
        await start({ roles });
        expect((await get('/admin')).status, String(roles)).to.equal(403);
        await api?.[Symbol.asyncDispose]();
      }
    });

    for (const [what, option, row, fields] of [
      ['roles are a list with commas', 'roles', { roles: `admin,${SECRET}` }],
      ['roles hold null', 'roles', { roles: '{admin,NULL}' }],
      ['active is a number', 'active', { active: 2 }],
      ['active is a letter', 'active', { active: 't' }],
      ['the username is a number', 'username', { username: 7.5 }],
      ['the password is a buffer', 'password', { password: Buffer.from(SECRET) }],
      ['the time has no zone', 'tokensValidFrom', { tokens_valid_from: `2026-01-01 00:00:00` }],
      [
        'the time is of a type without zone',
        'tokensValidFrom',
        { tokens_valid_from: new Date(0) },
        [{ name: 'tokens_valid_from', dataTypeID: 1114 }],
      ],
    ] as const) {
      it(`answers 500 and logs the column, not its value, when ${what}`, async () => {
        await start(row, fields);
        for (const path of ['/guarded', '/open']) {
          const reply = await get(path);
          expect([reply.status, reply.json()['code']]).to.deep.equal([500, 'security_error']);
          expect(reply.text).to.not.match(/column|people/);
        }
        expect(api!.ran).to.deep.equal([]);
        const log = api!.logger.lines.join('\n');
        expect(log).to.include(
          `column ${JSON.stringify(TABLE[option])} of table people (option table.${option})`,
        );
        expect(log).to.not.include(SECRET);
      });
    }
  });
}
