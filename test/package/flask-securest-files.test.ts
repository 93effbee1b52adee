import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Delete, Get, JsonController, Post } from 'routing-controllers';
import { FileUserstore, PasswordProvider, PathPermissions } from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const GUIDE = readFileSync(join(__dirname, '../../docs/coming-from-flask-securest.md'), 'utf8');
const PASSWORD = 'correct horse';

for (const driver of DRIVERS) {
  describe(`The files of the guide from flask-secuREST on ${driver.name}`, () => {
    let folder: string;
    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'securest-'));
      for (const [, name = '', text = ''] of GUIDE.matchAll(
        /^<!-- (\S+\.yaml) -->\n\n```yaml\n(.*?)^```$/gms,
      )) {
        writeFileSync(join(folder, name), text.replaceAll(/\$2b\$12\$\S+/g, HASH));
      }
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it('are taken as they are', async () => {
      class Users extends FileUserstore {
        constructor() {
          super({ path: join(folder, 'users.yaml') });
        }
      }
      class Roles extends PathPermissions {
        constructor() {
          super({ path: join(folder, 'roles.yaml') });
        }
      }
      @Authorized()
      @JsonController('/v2')
      class V2 {
        @Get('/blueprints') list() {
          return {};
        }
        @Get('/blueprints/:id') one() {
          return {};
        }
        @Get('/blueprints/:id/:version/archive') archive() {
          return {};
        }
        @Delete('/blueprints/:id') remove() {
          return {};
        }
        @Post('/deployments') deploy() {
          return {};
        }
        @Get('/deployments') deployments() {
          return {};
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [V2] },
        security: { userstores: [Users], providers: [PasswordProvider], authorizationProviders: [Roles] },
      });
      const status = async (user: string, method: string, path: string) =>
        (await api.server.raw(path, { method, headers: basic(user, PASSWORD) })).status;
      const table: readonly [string, string, alice: number, bob: number][] = [
        ['GET', '/v2/blueprints', 200, 200],
        ['HEAD', '/v2/blueprints', 200, 200],
        ['GET', '/v2/blueprints/1', 200, 200],
        ['GET', '/v2/blueprints/1/2/archive', 200, 403],
        ['DELETE', '/v2/blueprints/1', 200, 403],
        ['POST', '/v2/deployments', 200, 403],
        ['GET', '/v2/deployments', 200, 200],
      ];
      for (const [method, path, alice, bob] of table) {
        expect([await status('alice', method, path), await status('bob', method, path)], path).to.deep.equal([
          alice,
          bob,
        ]);
      }
      await api.security.close();
    });
  });
}

/** The guide's costs 12; this one is made for tests. */
const HASH = '$2b$04$AIcyGdGBqMo1N49Dwa5/jeaPxBkFxXBc.RTGHAxuTkezZGCHwzw4u';
