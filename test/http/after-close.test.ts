/** What stores and providers watch and load goes on where an app is closed and another app of the process uses the same stores. */
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthProviderInterface,
  BadCredentialsError,
  createSecurity,
  FileUserstore,
  PathPermissions,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { AccessTokenProvider } from '../../src/oidc';
import { TestServer } from '../support/drivers';
import { eventually } from '../support/eventually';
import { MemoryLogger, reset } from '../support/reset';
import { TokenIssuer } from '../support/token-issuer';

class Names implements AuthProviderInterface {
  readonly credential = 'x-user';
  async authenticate(request: SecurityRequest, userstore: UserstoreInterface): Promise<User | null> {
    const name = request.header('x-user');
    if (name === undefined) return null;
    const user = await userstore.getUser(name);
    if (user === null || user === undefined) throw new BadCredentialsError();
    return user;
  }
}

describe('After an app of the process was closed', () => {
  let folder: string;
  let users: string;
  let rules: string;

  beforeEach(() => {
    reset();
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    users = join(folder, 'users.yaml');
    rules = join(folder, 'rules.yaml');
    writeFileSync(users, 'users: [{ username: ann, roles: [editor] }, { username: bob, roles: [editor] }]\n');
    writeFileSync(rules, "editor: { allow: { '*': '*' } }\n");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('tokens of an issuer are verified with keys that another instance loads anew', async () => {
    const issuer = await TokenIssuer.start(Date.now);
    try {
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: issuer.name, audience: 'notes-api', users: 'claims' });
        }
      }
      const statuses: number[] = [];
      for (let apps = 0; apps < 2; apps += 1) {
        const security = createSecurity({ logger: new MemoryLogger(), providers: [Company] });
        const guard = security.guard();
        await using server = await TestServer.start((request, response) => {
          void guard(request, response).then((isGranted) => {
            if (isGranted) response.end('inside');
          });
        });
        const authorization = `Bearer ${await issuer.token()}`;
        statuses.push((await server.raw('/', { headers: { authorization } })).status);
        await security.close();
      }
      expect(statuses).to.deep.equal([200, 200]);
    } finally {
      await issuer.close();
    }
  });

  for (const again of ['another instance', 'the same instance'] as const) {
    it(`users and path permissions follow their files in ${again}`, async () => {
      class Users extends FileUserstore {
        constructor() {
          super({ path: users, pollMs: 20 });
        }
      }
      class Rules extends PathPermissions {
        constructor() {
          super({ path: rules, pollMs: 20 });
        }
      }
      const instance = () =>
        createSecurity({
          logger: new MemoryLogger(),
          userstores: [Users],
          providers: [Names],
          authorizationProviders: [Rules],
        });
      const first = instance();
      first.guard();
      first.start();
      await first.close();
      const security = again === 'the same instance' ? first : instance();
      const guard = security.guard();
      await using server = await TestServer.start((request, response) => {
        void guard(request, response).then((isGranted) => {
          if (isGranted) response.end('inside');
        });
      });
      const statusOf = async (name: string) =>
        (await server.raw('/', { headers: { 'x-user': name } })).status;
      expect([await statusOf('ann'), await statusOf('bob')]).to.deep.equal([200, 200]);
      writeFileSync(users, 'users: [{ username: ann, roles: [editor] }]\n');
      await eventually(async () => (await statusOf('bob')) === 401);
      writeFileSync(rules, "editor: { allow: { '/other': '*' } }\n");
      await eventually(async () => (await statusOf('ann')) === 403);
      await security.close();
    });
  }
});
