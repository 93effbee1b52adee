import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Container } from 'typedi';
import { FileUserstore, PasswordProvider, Passwords } from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const HASH = hashSync('secret', 4);
const NAMES = Array.from({ length: 20 }, (_, index) => `user${String(index)}`);
const IN_FLIGHT = 1000;

const file = (roles: string) =>
  [
    'users:',
    ...NAMES.map((name) => `  - { username: ${name}, password: "${HASH}", roles: [${roles}] }`),
  ].join('\n');

for (const driver of DRIVERS) {
  describe(`A thousand requests in flight on ${driver.name}`, () => {
    let folder: string;

    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'securest-k12-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    const start = () => {
      const path = join(folder, 'users.yaml');
      writeFileSync(path, file('admin'));
      class Users extends FileUserstore {
        constructor() {
          super({ path, pollMs: 100 });
        }
      }
      // Each first login replaces the hash in the file, while that is replaced by others.
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: new Passwords({ newHashes: { scheme: 'bcrypt', cost: 5 } }) });
        }
      }
      const replace = (content: string) => {
        writeFileSync(`${path}.new`, content);
        renameSync(`${path}.new`, path);
      };
      // On a busy machine the last of them waits long for its turn.
      const security = { userstores: [Users], providers: [Password], deadlineMs: 600_000 };
      return startApi(driver, { security }).then((api) =>
        Object.assign(api, { replace, rolesOf: (name: string) => Container.get(Users).getUser(name)?.roles }),
      );
    };
    type Api = Awaited<ReturnType<typeof start>>;
    const flood = (api: Api, count = IN_FLIGHT) =>
      Array.from({ length: count }, async (_, index) => {
        const name = NAMES[index % NAMES.length] ?? '';
        return (await api.get('/admin', basic(name, 'secret'))).status;
      });

    it('are all answered while the user file is replaced again and again', async () => {
      await using api = await start();
      for (const name of NAMES) expect((await api.get('/admin', basic(name, 'secret'))).status).to.equal(200);
      const replies = flood(api);
      api.replace(file('admin, second'));
      await eventually(() => api.rolesOf('user0')?.length === 2);
      // Beside those of the first thousand that are not answered yet.
      replies.push(...flood(api, IN_FLIGHT / 10));
      api.replace(file('admin, second, third'));
      await eventually(() => api.rolesOf('user0')?.length === 3);
      expect([...new Set(await Promise.all(replies))]).to.deep.equal([200]);
    });

    it('are all answered while the instance and the server are closed', async () => {
      await using api = await start();
      for (const name of NAMES) expect((await api.get('/admin', basic(name, 'secret'))).status).to.equal(200);
      const replies = flood(api);
      await eventually(() => api.ran.length > NAMES.length + 10);
      const closed = api.security.close();
      expect([...new Set(await Promise.all(replies))]).to.deep.equal([200]);
      await closed;
    });
  });
}
