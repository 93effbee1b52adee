/** An app with administrators in a file and everybody else in a database, behind passwords and tokens. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hashSync } from 'bcryptjs';
import { Authorized, Get, JsonController, Post } from 'routing-controllers';
import { Container, Service } from 'typedi';
import { stringify } from 'yaml';
import {
  Authentication,
  CurrentAuthentication,
  FileUserstore,
  passwordController,
  PasswordProvider,
  Passwords,
  TokenProvider,
  TokenService,
  type User,
  Userstore,
} from '../../src';
import { migrate, type SqlClient, SqlUserstore } from '../../src/sql';
import { fill } from './sql-tables';
import { basic, type Driver } from '../support/drivers';
import { eventually } from '../support/eventually';
import { hasherWith } from '../support/hashers';
import { type Api, startApi } from '../support/scripted';

export const IN_FILE = 'the word of the file';
export const IN_SQL = 'the word of the table';
export const NEXT = 'an altogether new word';

/** Outdated against what new hashes cost where nothing else is said, so that a login replaces them. */
export const hashOf = (password: string): string => hashSync(password, 4);

export interface TwoStores extends Api {
  readonly users: SqlUserstore;
  yaml(): string;
  /** Puts `bob` into the file, or takes him out. Resolves once the app knows. */
  putInFile(bob: User | null): Promise<void>;
  /** How many passwords were verified. */
  verified(): number;
  /** The status of a login by password. */
  login(username: string, password: string, path?: string): Promise<number>;
  /** A token of a login that the app states itself. */
  tokenOf(username: string): string;
  /** A token that is issued to who logs in. */
  issue(username: string, password: string): Promise<string>;
  changePassword(username: string, from: string, to: string): Promise<number>;
}

/**
 * `ann` is in both stores, `root` in the file, `bob` in the database. Both know a group `admins`. What is asked
 * first is decorated last.
 */
export async function startTwoStores(
  driver: Driver,
  client: SqlClient,
  { cost = 5, pollMs = 60_000 }: { readonly cost?: number; readonly pollMs?: number } = {},
): Promise<TwoStores> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-'));
  const path = join(folder, 'users.yaml');
  const [root, ann] = ['root', 'ann'].map((username) => ({ username, password: hashOf(IN_FILE) }));
  const write = (...more: readonly User[]): void => {
    const users = [{ ...root, groups: ['admins'] }, ann, ...more];
    writeFileSync(`${path}.new`, stringify({ users, groups: [{ name: 'admins', roles: ['admin'] }] }));
    renameSync(`${path}.new`, path);
  };
  write();
  await migrate(client);
  await fill(
    client,
    [
      { username: 'ann', password: hashOf(IN_SQL), groups: ['admins'] },
      { username: 'bob', password: hashOf(IN_SQL), groups: ['admins'] },
    ],
    [{ name: 'admins', roles: ['reader'] }],
  );
  @Userstore(2)
  class Sql extends SqlUserstore {
    readonly name = 'sql';
    constructor() {
      super({ client });
    }
  }
  @Userstore(1)
  class Files extends FileUserstore {
    readonly name = 'files';
    constructor() {
      super({ path, pollMs });
    }
  }
  @Service()
  class Tokens extends TokenService {
    constructor() {
      super({ secret: 'a secret of more than thirty-two bytes', issuer: 'test', audience: 'test' });
    }
  }
  let verified = 0;
  const hasher = new Passwords({ newHashes: { scheme: 'bcrypt', cost } });
  const counting = hasherWith(
    {
      verify: (...args) => {
        verified += 1;
        return hasher.verify(...args);
      },
    },
    hasher,
  );
  class Password extends PasswordProvider {
    constructor() {
      super({ passwords: counting });
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
    @Authorized() @Post('/token') token(@CurrentAuthentication() login: Authentication) {
      return Container.get(Tokens).issue(login);
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
    security: { providers: [Password, Token] },
  });
  const [tokens, files] = [Container.get(Tokens), Container.get(Files)];
  return Object.assign(api, {
    users: Container.get(Sql),
    yaml: () => readFileSync(path, 'utf8'),
    verified: () => verified,
    putInFile: (bob: User | null) => {
      write(...(bob === null ? [] : [bob]));
      return eventually(() => isDeepStrictEqual(files.getUser('bob'), bob));
    },
    login: async (username: string, password: string, to = '/who') =>
      (await api.get(to, basic(username, password))).status,
    tokenOf: (username: string) =>
      tokens.issue(new Authentication({ username }, { authenticatedAt: new Date(Date.now() - 60_000) }))
        .token,
    issue: async (username: string, password: string) =>
      (await api.post('/token', basic(username, password))).json()['token'] as string,
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
