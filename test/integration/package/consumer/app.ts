/**
 * An app of a user of the package. The test copies it as app.mts and as app.cts into a folder where the
 * packed package is installed, compiles both and runs them: an ES module and a CommonJS one.
 */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Authorized,
  createKoaServer,
  CurrentUser,
  Get,
  getMetadataArgsStorage,
  JsonController,
} from 'routing-controllers';
import {
  ApiKeys,
  Authentication,
  AuthProvider,
  createSecurity,
  KeySet,
  PasswordProvider,
  Passwords,
  securest,
  TokenService,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';
import { KerberosProvider } from 'securest/kerberos';
import { LdapUserstore } from 'securest/ldap';
import { AccessTokenProvider, claimRoles, MemoryProofStore, oidcLoginController } from 'securest/oidc';
import { apiDocs, type SecurityDocument, securityDocument, servedMetadata } from 'securest/openapi';
import { instrument } from 'securest/opentelemetry';
import { PasskeyService } from 'securest/passkeys';
import { PassportProvider } from 'securest/passport';
import { RedisState, RedisThrottle } from 'securest/redis';
import { secureSocketControllers, secureSocketIo, upgradeGuard } from 'securest/socket';
import { migrate, SqliteClient, SqlState, SqlUserstore } from 'securest/sql';
import { actingAs } from 'securest/testing';

assert.deepEqual(
  Object.values(getMetadataArgsStorage()).filter((list) => Array.isArray(list) && list.length > 0),
  [],
  'importing the package registers nothing',
);
assert.equal(typeof actingAs, 'function');
for (const secure of [upgradeGuard, secureSocketIo, secureSocketControllers]) {
  assert.throws(() => secure({} as never, {} as never), /takes an instance of createSecurity\(\)/);
}
for (const Shared of [RedisState, RedisThrottle]) {
  assert.throws(() => new Shared(undefined as never), /needs a client of ioredis/);
}
assert.throws(
  () => new KerberosProvider({ service: 'HTTP@app.example', realms: ['EXAMPLE.COM'] }),
  /needs the package kerberos: npm install kerberos/,
);
assert.throws(
  () => apiDocs({ document: { openapi: '3.1.1' } }),
  /needs the package swagger-ui-dist: npm install swagger-ui-dist/,
);
assert.equal(typeof apiDocs({ document: { openapi: '3.1.1' }, viewer: 'none' }), 'function');
assert.throws(() => new LdapUserstore({ url: 'ldap://x', baseDn: 'dc=x' }), /passwords in clear/);
assert.deepEqual(
  new AccessTokenProvider({
    issuer: 'https://id.example',
    audience: 'app',
    roles: claimRoles.keycloak(),
    dpop: { origin: 'https://app.example', replays: new MemoryProofStore() },
  }).schemes,
  ['bearer', 'dpop'],
);
assert.throws(
  () =>
    new PasskeyService({
      store: {} as never,
      secret: undefined,
      rpId: 'app.example',
      origins: ['https://x'],
    }),
  /store must have.*secret must/,
);
assert.deepEqual(
  new PassportProvider({ authenticate: () => undefined }, { reads: { scheme: 'bearer' } }).challenge(),
  { scheme: 'Bearer' },
);
assert.throws(() => instrument(createSecurity()), /npm install @opentelemetry\/api/);
assert.throws(() => oidcLoginController({} as never), { code: 'invalid_configuration' });

/** What the hashes cost is not what is tried here. */
const cheap = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });

@Userstore()
export class Users implements UserstoreInterface {
  private readonly hash = cheap.hash('correct horse');

  async getUser(identifier: string): Promise<User | null> {
    return identifier === 'ada' ? { username: 'ada', password: await this.hash } : null;
  }
}

@AuthProvider(1)
export class Password extends PasswordProvider {
  constructor() {
    super({ passwords: cheap });
  }
}

@Authorized()
@JsonController('/me')
export class MeController {
  @Get('/')
  me(@CurrentUser() user: User): { username: string } {
    return { username: user.username };
  }
}

async function run(): Promise<void> {
  const file = new SqliteClient(':memory:');
  assert.equal(await migrate(file), 2);
  await file.query('INSERT INTO securest_users (username) VALUES ($1)', ['ada']);
  const state = new SqlState({ client: file });
  assert.equal(await state.set('key', '{"v":1}', undefined, new Date(Date.now() + 60_000)), true);
  assert.equal(await state.get('key'), '{"v":1}');
  const keys = new ApiKeys({ state, prefix: 'app' });
  const { key } = await keys.create(new Authentication({ username: 'ada' }), { name: 'build' });
  assert.match(key, /^app_/);
  const pair = generateKeyPairSync('ed25519');
  const tokens = new TokenService({
    keys: new KeySet([{ algorithm: 'EdDSA', key: pair.privateKey }]),
    issuer: 'app',
    audience: 'app',
    state,
  });
  await tokens.ready;
  const issued = tokens.issue(new Authentication({ username: 'ada' }));
  assert.equal(await tokens.isRevoked(tokens.verify(issued.token)), false);
  await tokens.close();
  await state.close();
  assert.equal((await new SqlUserstore({ client: file }).getUser('ada'))?.username, 'ada');
  file.close();

  const options = securest({ controllers: [MeController] });
  const { document, unlisted }: SecurityDocument = securityDocument(options);
  const paths = JSON.parse(JSON.stringify(document)) as {
    paths: Record<string, { get: { security: unknown } }>;
  };
  assert.deepEqual([paths.paths['/me']?.get.security, unlisted], [[{ basic: [] }], []]);
  assert.equal(servedMetadata(options).actions.length, 1);

  const server: Server = createKoaServer(options).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/me`;
  const get = (credentials?: string) =>
    fetch(url, credentials ? { headers: { authorization: `Basic ${btoa(credentials)}` } } : {});

  const anonymous = await get();
  assert.equal(anonymous.status, 401);
  assert.match(anonymous.headers.get('www-authenticate') ?? '', /^Basic /);
  assert.equal((await get('ada:wrong')).status, 401);
  const granted = await get('ada:correct horse');
  assert.equal(granted.status, 200);
  assert.deepEqual(await granted.json(), { username: 'ada' });

  server.closeAllConnections();
  server.close();
}

run().then(
  () => console.log('served'),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
