import { expect } from 'chai';
import type * as ts from 'typescript';
import * as securest from '../../src/index';
import * as kerberos from '../../src/kerberos/index';
import * as ldap from '../../src/ldap/index';
import * as oidc from '../../src/oidc/index';
import * as openapi from '../../src/openapi/index';
import * as opentelemetry from '../../src/opentelemetry/index';
import * as passkeys from '../../src/passkeys/index';
import * as passport from '../../src/passport/index';
import * as redis from '../../src/redis/index';
import * as routers from '../../src/routers/index';
import * as socket from '../../src/socket/index';
import * as sql from '../../src/sql/index';
import * as testing from '../../src/testing/index';
import { compilePackage, emitDeclarations, exportedTypes, findAny } from './declarations';

const VALUES = [
  'auditLog',
  'AccessDeniedError',
  'AccountStatusError',
  'AuthProvider',
  'Authentication',
  'AuthenticationRequiredError',
  'AuthorizationProvider',
  'BadCredentialsError',
  'ConfigurationError',
  'CrossSiteError',
  'CurrentAuthentication',
  'FileUserstore',
  'HttpsRequiredError',
  'InsufficientScopeError',
  'InvalidRequestError',
  'KeyFile',
  'KeySet',
  'MalformedCredentialsError',
  'MemoryState',
  'MemoryUserstore',
  'PROBLEM_SOURCE',
  'PasswordProvider',
  'Passwords',
  'ProblemBoard',
  'PathPermissions',
  'Public',
  'Resource',
  'RoleLoader',
  'SecurityError',
  'SecurityFaultError',
  'ServiceUnavailableError',
  'StepUpRequiredError',
  'Throttle',
  'ThrottledError',
  'TokenInvalidError',
  'TokenProvider',
  'ApiKeyProvider',
  'ApiKeys',
  'apiKeyController',
  'apiKeyRoutes',
  'TokenService',
  'StrongPassword',
  'Userstore',
  'WeakPasswordError',
  'WrongPasswordError',
  'allOf',
  'anyOf',
  'authorizationChecker',
  'bearerToken',
  'createSecurity',
  'explain',
  'securityOf',
  'currentUserChecker',
  'jwksController',
  'jwksRoutes',
  'ownerOf',
  'passwordController',
  'passwordRoutes',
  'passwords',
  'permission',
  'recentLogin',
  'scope',
  'reportHtml',
  'reportProblem',
  'reportSvg',
  'reportTable',
  'securest',
  'securityReport',
  'sessionController',
  'sessionRoutes',
  'SessionProvider',
  'MemoryFactors',
  'OtpService',
  'otpController',
  'otpRoutes',
  'SessionService',
  'tokenController',
  'tokenRoutes',
  'userstoreOf',
];

const TYPES = [
  'AuditLogOptions',
  'ObservedAuthentication',
  'ObservedOutcome',
  'SecurityObserver',
  'UserstoreAnswer',
  'UserstoreOperation',
  'TokenAlgorithm',
  'TokenKey',
  'Jwk',
  'Access',
  'AccessLevel',
  'AccessWarning',
  'AllowedEvent',
  'Argon2idHashes',
  'AuthProviderInterface',
  'AuthenticatedEvent',
  'AuthenticationDetails',
  'Factor',
  'SecurityScheme',
  'SessionEvent',
  'FactorEvent',
  'FactorOwner',
  'FactorSecret',
  'OtpControllerOptions',
  'OtpServiceOptions',
  'OtpStoreInterface',
  'PasskeyRecord',
  'PasskeyStoreInterface',
  'RequestLike',
  'SecondFactorInterface',
  'SessionControllerOptions',
  'SessionCookieOptions',
  'SessionInfo',
  'SessionServiceOptions',
  'AuthenticationResult',
  'AuthorizationFacts',
  'AuthorizationProviderInterface',
  'AuthorizationWarning',
  'BcryptHashes',
  'Challenge',
  'Clock',
  'Constructor',
  'ContainerLike',
  'CredentialCacheOptions',
  'Decision',
  'DefaultAccess',
  'ExplainRequest',
  'ExplainedLevel',
  'Explanation',
  'GuardRule',
  'AuthenticateOptions',
  'GuardOptions',
  'Handler',
  'Middleware',
  'ActionAccess',
  'Problem',
  'ProblemListener',
  'ProblemSource',
  'UserOrigin',
  'DegradedEvent',
  'DeniedEvent',
  'FailedEvent',
  'FileOptions',
  'FileUserstoreOptions',
  'Group',
  'IssuedToken',
  'IssuedTokens',
  'JwksControllerOptions',
  'Logger',
  'ApiKeyEvent',
  'AppFacts',
  'EventOrigin',
  'KnownUser',
  'ProvedBy',
  'Revocation',
  'RevocationLogInterface',
  'RevocationOptions',
  'RevocationPage',
  'ServiceEvent',
  'StateStoreInterface',
  'TokenReusedEvent',
  'TokensEndedEvent',
  'AuthenticationSource',
  'BadCredentialsOptions',
  'ChallengeParams',
  'ClientCertificateSource',
  'LoginTerms',
  'ProviderDescription',
  'RecentLoginOptions',
  'ResourceMetadata',
  'ResourceOptions',
  'StepUpNeed',
  'MaybePromise',
  'MemoryStateOptions',
  'MemoryUserstoreOptions',
  'MisconfiguredEvent',
  'NewHashes',
  'OptInScheme',
  'OwnerOptions',
  'OwnerRule',
  'PasswordChangedEvent',
  'PasswordControllerOptions',
  'PasswordHasher',
  'PasswordProviderOptions',
  'PasswordUpdate',
  'PasswordsOptions',
  'StrongPasswordOptions',
  'PathPermissionsOptions',
  'PageOptions',
  'PictureOptions',
  'TableOptions',
  'Pbkdf2Hashes',
  'ThrottleOptions',
  'PolicyClass',
  'Predicate',
  'ProviderOutcome',
  'ProviderVerdict',
  'Records',
  'RefusalReply',
  'ReportedLevel',
  'ReportedRoute',
  'ResourceStoreClass',
  'ResourceStoreInterface',
  'RetryOptions',
  'RoleChecker',
  'RoleLoaderInterface',
  'Rule',
  'RuleInput',
  'ScryptHashes',
  'SecuredApp',
  'SecuredOptions',
  'SecurestOptions',
  'SecurityErrorCode',
  'SecurityErrorOptions',
  'SecurityEvent',
  'SecurityEventListener',
  'SecurityOptions',
  'SecurityReport',
  'SecurityReportOptions',
  'SecurityRequest',
  'TokenControllerOptions',
  'TokenFamily',
  'TokenServiceOptions',
  'UserName',
  'RefreshOptions',
  'TokenVerifier',
  'ApiKeyControllerOptions',
  'ApiKeyInfo',
  'ApiKeyProviderOptions',
  'ApiKeysOptions',
  'CreatedApiKey',
  'NewApiKey',
  'TrustProxy',
  'TypedAuthorized',
  'UnavailableEvent',
  'User',
  'UserRoles',
  'UserstoreInterface',
  'VerifiedToken',
  'WarningCode',
];

const TESTING_VALUES = [
  'actingAs',
  'describeAuthorization',
  'factorStoreContract',
  'revocationLogContract',
  'stateStoreContract',
];
const TESTING_TYPES = [
  'AuthorizationMatrixOptions',
  'ContractFacts',
  'RevocationLogContractOptions',
  'FactorStoreContractOptions',
  'StateStoreContractOptions',
  'TestRunner',
];

describe('Public surface', function () {
  this.timeout(240_000);
  let program: ts.Program;

  before(() => {
    program = compilePackage();
  });

  it('of securest is these values and types', () => {
    expect(Object.keys(securest)).to.have.members(VALUES);
    expect(exportedTypes(program, 'src/index.ts')).to.have.members(TYPES);
  });

  it('of securest/testing is these values and types', () => {
    expect(Object.keys(testing)).to.have.members(TESTING_VALUES);
    expect(exportedTypes(program, 'src/testing/index.ts')).to.have.members(TESTING_TYPES);
  });

  it('of securest/kerberos is these values and types', () => {
    expect(Object.keys(kerberos)).to.have.members(['KerberosProvider']);
    expect(exportedTypes(program, 'src/kerberos/index.ts')).to.have.members([
      'KerberosPrincipal',
      'KerberosProviderOptions',
    ]);
  });

  it('of securest/oidc is these values and types', () => {
    expect(Object.keys(oidc)).to.have.members([
      'AccessTokenProvider',
      'claimRoles',
      'MemoryProofStore',
      'oidcLoginController',
      'oidcLoginRoutes',
    ]);
    expect(exportedTypes(program, 'src/oidc/index.ts')).to.have.members([
      'AccessToken',
      'AccessTokenOptions',
      'ClaimRoles',
      'Claims',
      'DpopOptions',
      'IntrospectionOptions',
      'JsonWebKeySet',
      'Jwk',
      'MemoryProofStoreOptions',
      'OidcIdentity',
      'OidcLoginControllerOptions',
      'ProofStore',
    ]);
  });

  it('of securest/openapi is these values and types', () => {
    expect(Object.keys(openapi)).to.have.members(['apiDocs', 'securityDocument', 'servedMetadata']);
    expect(exportedTypes(program, 'src/openapi/index.ts')).to.have.members([
      'ApiDocsOptions',
      'DocumentOptions',
      'SecurityDocument',
    ]);
  });

  it('of securest/opentelemetry is these values and types', () => {
    expect(Object.keys(opentelemetry)).to.have.members(['instrument']);
    expect(exportedTypes(program, 'src/opentelemetry/index.ts')).to.have.members([
      'Instrumented',
      'InstrumentOptions',
    ]);
  });

  it('of securest/passkeys is these values and types', () => {
    expect(Object.keys(passkeys)).to.have.members(['PasskeyService', 'passkeyController', 'passkeyRoutes']);
    expect(exportedTypes(program, 'src/passkeys/index.ts')).to.have.members([
      'PasskeyControllerOptions',
      'PasskeyServiceOptions',
    ]);
  });

  it('of securest/passport is these values and types', () => {
    expect(Object.keys(passport)).to.have.members(['PassportProvider']);
    expect(exportedTypes(program, 'src/passport/index.ts')).to.have.members([
      'PassportOptions',
      'PassportStrategy',
      'Reads',
    ]);
  });

  it('of securest/ldap is these values and types', () => {
    expect(Object.keys(ldap)).to.have.members(['LdapProvider', 'LdapUserstore']);
    expect(exportedTypes(program, 'src/ldap/index.ts')).to.have.members([
      'LdapAttribute',
      'LdapGroups',
      'LdapProviderOptions',
      'LdapUserstoreOptions',
      'OctetForm',
    ]);
  });

  it('of securest/redis is these values and types', () => {
    expect(Object.keys(redis)).to.have.members([
      'RedisProofStore',
      'RedisRevocationLog',
      'RedisState',
      'RedisThrottle',
    ]);
    expect(exportedTypes(program, 'src/redis/index.ts')).to.have.members([
      'RedisClient',
      'RedisProofClient',
      'RedisProofStoreOptions',
      'RedisRevocationLogOptions',
      'RedisStateOptions',
    ]);
  });

  it('of securest/routers is that of securest without what is for controllers', () => {
    const ofHost = [
      ...['CurrentAuthentication', 'Public', 'Resource', 'StrongPassword', 'apiKeyController'],
      ...['authorizationChecker', 'currentUserChecker', 'jwksController', 'otpController', 'ownerOf'],
      ...['passwordController', 'securest', 'securityOf', 'sessionController', 'tokenController'],
    ];
    const { createSecurity, ...shared } = routers;
    expect(createSecurity()).to.not.have.property('secure');
    expect([...Object.keys(routers), ...ofHost]).to.have.members(VALUES);
    for (const [name, value] of Object.entries(shared))
      expect((securest as Record<string, unknown>)[name], name).to.equal(value);
    // An app of routing-controllers has that of routing-controllers.
    expect([...exportedTypes(program, 'src/index.ts'), 'Action']).to.include.members(
      exportedTypes(program, 'src/routers/index.ts'),
    );
  });

  it('of securest/socket is these values and types', () => {
    expect(Object.keys(socket)).to.have.members([
      'secureSocketControllers',
      'secureSocketIo',
      'socketLogin',
      'upgradeGuard',
    ]);
    expect(exportedTypes(program, 'src/socket/index.ts')).to.have.members([
      'SocketControllersOptions',
      'SocketEnd',
      'SocketHandshake',
      'SocketIoOptions',
      'SocketIoServer',
      'SocketLogin',
      'SocketOptions',
    ]);
  });

  it('of securest/sql is these values and types', () => {
    expect(Object.keys(sql)).to.have.members([
      'MysqlClient',
      'SqlRevocationLog',
      'SqlFactors',
      'SqlState',
      'SqlUserstore',
      'SqliteClient',
      'migrate',
    ]);
    expect(exportedTypes(program, 'src/sql/index.ts')).to.have.members([
      'DatabaseClient',
      'MysqlClientOptions',
      'MysqlConnection',
      'MysqlPool',
      'SqlClient',
      'SqlQueries',
      'SqlRevocationLogOptions',
      'SqlFactorsOptions',
      'SqlStateOptions',
      'SqlTable',
      'SqlUserstoreOptions',
    ]);
  });

  it('says any nowhere', () => {
    const declarations = emitDeclarations(program);
    expect(declarations.size).to.be.greaterThan(10);
    const found = [...declarations].flatMap(([path, text]) =>
      findAny(text).map((where) => `${path}: ${where}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('would be caught saying any', () => {
    expect(findAny('export declare const x: Map<string, any>; // any')).to.deep.equal(['Map<string, any>']);
  });
});
