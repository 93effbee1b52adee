/** An app with administrators in a file and everybody else in a database, behind passwords and tokens. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  Authentication,
  FileUserstore,
  passwordController,
  PasswordProvider,
  Passwords,
  TokenProvider,
  TokenService,
} from '../../src';
import { migrate, type SqlClient, SqlUserstore } from '../../src/sql';
import { fill } from './sql-tables';
import { basic, type Driver } from '../support/drivers';
import { type Api, startApi } from '../support/scripted';

export const IN_FILE = 'the word of the file';
export const IN_SQL = 'the word of the table';
export const NEXT = 'an altogether new word';

/** Outdated against what new hashes cost here, so that a login replaces them. */
const hashOf = (password: string): string => hashSync(password, 4);

export interface TwoStores extends Api {
  readonly users: SqlUserstore;
  yaml(): string;
  /** The status of a login by password. */
  login(username: string, password: string, path?: string): Promise<number>;
  tokenOf(username: string): string;
  changePassword(username: string, from: string, to: string): Promise<number>;
}

/** `ann` is in both stores, `root` in the file, `bob` in the database. Both know a group `admins`. */
export async function startTwoStores(driver: Driver, client: SqlClient): Promise<TwoStores> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-'));
  const path = join(folder, 'users.yaml');
  writeFileSync(
    path,
    `users:
  - { username: root, password: "${hashOf(IN_FILE)}", groups: [admins] }
  - { username: ann, password: "${hashOf(IN_FILE)}" }
groups:
  - { name: admins, roles: [admin] }
`,
  );
  await migrate(client);
  await fill(
    client,
    [
      { username: 'ann', password: hashOf(IN_SQL), groups: ['admins'] },
      { username: 'bob', password: hashOf(IN_SQL), groups: ['admins'] },
    ],
    [{ name: 'admins', roles: ['reader'] }],
  );
  class Files extends FileUserstore {
    readonly name = 'files';
    constructor() {
      super({ path, pollMs: 60_000 });
    }
  }
  class Sql extends SqlUserstore {
    readonly name = 'sql';
    constructor() {
      super({ client });
    }
  }
  @Service()
  class Tokens extends TokenService {
    constructor() {
      super({ secret: 'a secret of more than thirty-two bytes', issuer: 'test', audience: 'test' });
    }
  }
  class Password extends PasswordProvider {
    constructor() {
      super({ passwords: new Passwords({ newHashes: { scheme: 'bcrypt', cost: 5 } }) });
    }
  }
  class Token extends TokenProvider {
    constructor() {
      super(Container.get(Tokens));
    }
  }
  @JsonController()
  class Who {
    @Authorized() @Get('/who') who() {
      return {};
    }
    @Authorized('admin') @Get('/admin') admin() {
      return {};
    }
    @Authorized('reader') @Get('/reader') reader() {
      return {};
    }
  }
  const api = await startApi(driver, {
    host: { controllers: [Who, passwordController()] },
    security: { userstores: [Files, Sql], providers: [Password, Token] },
  });
  const tokens = Container.get(Tokens);
  return Object.assign(api, {
    users: Container.get(Sql),
    yaml: () => readFileSync(path, 'utf8'),
    login: async (username: string, password: string, to = '/who') =>
      (await api.get(to, basic(username, password))).status,
    tokenOf: (username: string) =>
      tokens.issue(new Authentication({ username }, { authenticatedAt: new Date(Date.now() - 60_000) }))
        .token,
    changePassword: async (username: string, from: string, to: string) => {
      const { status } = await fetch(`${api.server.url}/password`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...basic(username, from) },
        body: JSON.stringify({ currentPassword: from, newPassword: to }),
      });
      return status;
    },
    [Symbol.asyncDispose]: async () => {
      await api.security.close();
      await api.server.close();
      rmSync(folder, { recursive: true });
    },
  });
}
