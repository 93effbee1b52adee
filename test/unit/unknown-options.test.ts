import { expect } from 'chai';
import {
  ConfigurationError,
  createSecurity,
  CurrentAuthentication,
  FileUserstore,
  MemoryUserstore,
  ownerOf,
  apiKeyController,
  ApiKeyProvider,
  ApiKeys,
  MemoryState,
  passwordController,
  PasswordProvider,
  Passwords,
  PathPermissions,
  securest,
  StrongPassword,
  TokenService,
} from '../../src';
import { KerberosProvider } from '../../src/kerberos';
import { LdapProvider, LdapUserstore } from '../../src/ldap';
import { AccessTokenProvider, MemoryProofStore } from '../../src/oidc';
import { RedisProofStore, RedisRevocationLog, RedisState, RedisThrottle } from '../../src/redis';
import { SqlRevocationLog, SqlState, SqlUserstore } from '../../src/sql';
import { describeAuthorization } from '../../src/testing';
import { Throttle } from '../../src/throttle/throttle';

class Store {
  get() {
    return undefined;
  }
}
const client = { query: () => Promise.resolve({ rows: [] }) };
const redis = {
  defineCommand() {},
  multi() {},
  del: () => Promise.resolve(0),
  set: () => Promise.resolve('OK'),
};
const issuer = { issuer: 'https://id.example', audience: 'api' };
const introspection = { clientId: 'a', clientSecret: 'b' };
const dpop = { origin: 'https://api.example' };
const ldap = { url: 'ldaps://ldap.example.org', baseDn: 'dc=example,dc=org' };
const keys = { state: new MemoryState(), prefix: 'notes' };
const token = { secret: 'x'.repeat(32), issuer: 'a', audience: 'b' };

/** Each takes the misspelt option beside those that it needs. */
const TAKERS: Readonly<Record<string, [component: string, use: (more: object) => unknown]>> = {
  'securest()': ['security', (more) => securest({ security: more })],
  'createSecurity()': ['security', (more) => createSecurity(more)],
  TokenService: ['TokenService', (more) => new TokenService({ ...token, ...more })],
  PasswordProvider: ['PasswordProvider', (more) => new PasswordProvider(more)],
  'throttle of a PasswordProvider': ['throttle', (throttle) => new PasswordProvider({ throttle })],
  credentialCache: ['credentialCache', (credentialCache) => new PasswordProvider({ credentialCache })],
  Throttle: ['throttle', (more) => new Throttle(more)],
  RedisThrottle: ['throttle', (more) => new RedisThrottle(redis, more)],
  RedisProofStore: ['RedisProofStore', (more) => new RedisProofStore(redis, more)],
  RedisState: ['RedisState', (more) => new RedisState(redis, more)],
  RedisRevocationLog: ['RedisRevocationLog', (more) => new RedisRevocationLog(redis, more)],
  MemoryProofStore: ['MemoryProofStore', (more) => new MemoryProofStore(more)],
  AccessTokenProvider: ['AccessTokenProvider', (more) => new AccessTokenProvider({ ...issuer, ...more })],
  'introspection of AccessTokenProvider': [
    'AccessTokenProvider',
    (more) => new AccessTokenProvider({ ...issuer, introspection: { ...introspection, ...more } }),
  ],
  'dpop of AccessTokenProvider': [
    'AccessTokenProvider',
    (more) => new AccessTokenProvider({ ...issuer, dpop: { ...dpop, ...more } }),
  ],
  'nonce of AccessTokenProvider': [
    'AccessTokenProvider',
    (more) =>
      new AccessTokenProvider({ ...issuer, dpop: { ...dpop, nonce: { secret: 'x'.repeat(32), ...more } } }),
  ],
  Passwords: ['Passwords', (more) => new Passwords(more)],
  ...Object.fromEntries(
    (['bcrypt', 'argon2id', 'scrypt', 'pbkdf2-sha256', 'pbkdf2-sha512'] as const).map((scheme) => [
      `newHashes of ${scheme}`,
      ['Passwords', (more: object) => new Passwords({ newHashes: { scheme, ...more } as never })],
    ]),
  ),
  MemoryUserstore: ['MemoryUserstore', (more) => new MemoryUserstore({ users: [], ...more })],
  FileUserstore: ['FileUserstore', (more) => new FileUserstore({ path: 'none.yaml', ...more })],
  PathPermissions: ['PathPermissions', (more) => new PathPermissions({ path: 'none.yaml', ...more })],
  SqlState: ['SqlState', (more) => new SqlState({ client, ...more })],
  SqlRevocationLog: ['SqlRevocationLog', (more) => new SqlRevocationLog({ client, ...more })],
  SqlUserstore: ['SqlUserstore', (more) => new SqlUserstore({ client, ...more })],
  'table of SqlUserstore': [
    'SqlUserstore',
    (more) => new SqlUserstore({ client, table: { name: 'a', username: 'b', ...more } }),
  ],
  'queries of SqlUserstore': [
    'SqlUserstore',
    (more) => new SqlUserstore({ client, queries: { getUser: 'SELECT $1', ...more } }),
  ],
  LdapUserstore: ['LdapUserstore', (more) => new LdapUserstore({ ...ldap, ...more })],
  'groups of LdapUserstore': [
    'LdapUserstore',
    (more) => new LdapUserstore({ ...ldap, groups: { baseDn: 'ou=g', ...more } }),
  ],
  LdapProvider: ['LdapProvider', (more) => new LdapProvider(new LdapUserstore(ldap), more)],
  KerberosProvider: [
    'KerberosProvider',
    (more) => new KerberosProvider({ service: 'HTTP@web.example', realms: ['EXAMPLE.COM'], ...more }),
  ],
  ApiKeys: ['ApiKeys', (more) => new ApiKeys({ ...keys, ...more })],
  ApiKeyProvider: ['ApiKeyProvider', (more) => new ApiKeyProvider(new ApiKeys(keys), more)],
  'apiKeyController()': ['apiKeyController()', (more) => apiKeyController({ keys: ApiKeys, ...more })],
  'passwordController()': ['passwordController()', (more) => passwordController(more)],
  '@StrongPassword': ['@StrongPassword', (more) => StrongPassword(more)],
  '@CurrentAuthentication': ['@CurrentAuthentication', (more) => CurrentAuthentication(more)],
  'ownerOf()': ['ownerOf()', (more) => ownerOf(Store, 'id', more)],
  'describeAuthorization()': [
    'describeAuthorization()',
    (more) => describeAuthorization({}, { users: {}, ...more }),
  ],
};

/** Those of them that take their options as they are. */
const OPTIONAL = [
  'securest()', 'createSecurity()', 'PasswordProvider', 'throttle of a PasswordProvider', 'credentialCache', 'Throttle',
  'RedisThrottle', 'RedisProofStore', 'MemoryProofStore', 'Passwords', 'LdapProvider', 'passwordController()', '@StrongPassword', '@CurrentAuthentication',
  'ownerOf()',
]; // prettier-ignore

describe('An option that does not exist', () => {
  for (const [name, [component, use]] of Object.entries(TAKERS)) {
    it(`is refused by ${name}, which names it`, () => {
      for (const key of ['misspelt', 'Path', 'toString']) {
        expect(() => use({ [key]: 'canary' }), key)
          .to.throw(ConfigurationError)
          .with.property('message')
          .that.satisfies(
            (message: string) =>
              message.startsWith(`${component}: `) &&
              message.includes(`must not have "${key}"`) &&
              !message.includes('canary'),
          );
      }
    });
  }
});

describe('Options that are null', () => {
  for (const name of OPTIONAL) {
    it(`are a mistake to ${name}, not the defaults`, () => {
      expect(() => TAKERS[name]?.[1](null as never)).to.throw(ConfigurationError, 'must be an object');
    });
  }
});
