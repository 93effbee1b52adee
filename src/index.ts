import './host/installed';
export { createSecurity, securest, authorizationChecker, currentUserChecker } from './securest';
export type { SecurestOptions } from './securest';
export type { Security } from './host/security';
export { securityOf } from './host/security-of';
export type { SecuredApp, SecuredOptions } from './security/inspection';
export { explain } from './explain/on-demand';
export type { ExplainedLevel, Explanation } from './explain/explain';
export type { ExplainRequest } from './explain/explain-request';
export type { GuardRule } from './rules/guard-rule';
export type { AuthenticateOptions } from './security/outside-logins';
export type { GuardOptions } from './guards/guards';
export type { Handler, Middleware } from './guards/middleware';
export { reportHtml, reportSvg, reportTable, securityReport } from './report/on-demand';
export type { PageOptions } from './report/html';
export type { PictureOptions } from './report/svg';
export type { TableOptions } from './report/table';
export type {
  ReportedLevel,
  ReportedRoute,
  SecurityReport,
  SecurityReportOptions,
} from './report/security-report';
export type { AccessWarning, WarningCode } from './access/warnings/warnings';
export type { RefusalReply, SecurityOptions } from './options';
export type { TrustProxy } from './http/client-address';
export type { ClientCertificateSource } from './http/client-certificate';
export type { ResourceOptions } from './http/resource-options';
export type { ResourceMetadata } from './security/resource-metadata';
export type { DefaultAccess } from './access/guards';

export { Userstore } from './decorators/userstore';
export { AuthProvider } from './decorators/auth-provider';
export { Public } from './decorators/public';
export { AuthorizationProvider } from './decorators/authorization-provider';
export { RoleLoader } from './decorators/role-loader';
export { CurrentAuthentication } from './host/decorators/current-authentication';
export { Resource } from './host/decorators/resource';
export { allOf, anyOf } from './rules/rules';
export type { RuleInput } from './rules/rules';
export { ownerOf } from './rules/owner';
export type { OwnerOptions } from './rules/owner';
export { permission } from './rules/permission';
export { recentLogin } from './rules/recent-login';
export type { RecentLoginOptions } from './rules/recent-login';
export { scope } from './rules/scope';
export type { TypedAuthorized } from './host/access/typed-authorized';

export { Authentication } from './core/authentication';
export type { AuthenticationDetails, AuthenticationSource, ProvedBy } from './core/authentication';
export type { Factor } from './core/factors';
export { sessionController } from './host/controllers/session-controller';
export { sessionRoutes } from './routes/session-routes';
export type { SessionControllerOptions } from './account/session-table';
export type { FactorSecret } from './factors/factor-secret';
export type { OtpStoreInterface, PasskeyRecord, PasskeyStoreInterface } from './factors/factor-stores';
export { MemoryFactors } from './factors/memory-factors';
export { otpController } from './host/controllers/otp-controller';
export { otpRoutes } from './routes/otp-routes';
export type { OtpControllerOptions } from './account/otp-table';
export { OtpService } from './factors/otp-service';
export type { OtpServiceOptions } from './factors/otp-service';
export type { FactorOwner, SecondFactorInterface } from './factors/second-factor';
export { SessionProvider } from './sessions/session-provider';
export { SessionService } from './sessions/session-service';
export type { SessionInfo } from './sessions/session-info';
export type { SessionCookieOptions, SessionServiceOptions } from './sessions/session-options';
export type { RequestLike } from './core/request-like';
export type {
  Access,
  AccessLevel,
  ActionAccess,
  LoginTerms,
  OwnerRule,
  PolicyClass,
  ResourceStoreClass,
  Rule,
} from './core/access';
export type {
  AuthorizationFacts,
  AuthorizationProviderInterface,
  AuthorizationWarning,
  Decision,
  UserRoles,
} from './core/authorization-provider';
export type { ResourceStoreInterface } from './core/resource';
export type { RoleLoaderInterface } from './core/role-loader';
export type {
  AppFacts,
  AuthenticationResult,
  AuthProviderInterface,
  EventOrigin,
  KnownUser,
  ProviderDescription,
  SecurityScheme,
} from './core/auth-provider';
export type { Challenge } from './core/challenge';
export type {
  AllowedEvent,
  ApiKeyEvent,
  AuthenticatedEvent,
  DeniedEvent,
  FailedEvent,
  DegradedEvent,
  MisconfiguredEvent,
  PasswordChangedEvent,
  ProviderOutcome,
  ProviderVerdict,
  SecurityEvent,
  SecurityEventListener,
  ServiceEvent,
  TokenReusedEvent,
  FactorEvent,
  SessionEvent,
  TokensEndedEvent,
  UnavailableEvent,
} from './core/events';
export { auditLog } from './audit/audit-log';
export type { AuditLogOptions } from './audit/audit-log';
export type {
  ObservedAuthentication,
  ObservedOutcome,
  SecurityObserver,
  UserstoreAnswer,
  UserstoreOperation,
} from './core/observer';
export { PROBLEM_SOURCE, reportProblem } from './core/events';
export type { Problem, ProblemListener, ProblemSource } from './core/events';
export { ProblemBoard } from './core/problem-board';
export type { Logger } from './core/logger';
export type { SecurityRequest } from './core/request';
export type { Predicate, RoleChecker } from './core/role-checker';
export type { Group, User } from './core/user';
export { userstoreOf } from './core/userstore';
export type { MaybePromise, PasswordUpdate, UserOrigin, UserstoreInterface } from './core/userstore';
export { bearerToken } from './http/bearer-token';
export type { Constructor, ContainerLike } from './components/constructor';
export type { Clock } from './util/clock';

export {
  AccessDeniedError,
  AccountStatusError,
  AuthenticationRequiredError,
  BadCredentialsError,
  ConfigurationError,
  CrossSiteError,
  HttpsRequiredError,
  InsufficientScopeError,
  InvalidRequestError,
  MalformedCredentialsError,
  SecurityError,
  SecurityFaultError,
  ServiceUnavailableError,
  StepUpRequiredError,
  ThrottledError,
  TokenInvalidError,
  WeakPasswordError,
  WrongPasswordError,
} from './errors';
export type {
  BadCredentialsOptions,
  ChallengeParams,
  RetryOptions,
  SecurityErrorCode,
  SecurityErrorOptions,
  StepUpNeed,
} from './errors';

export { passwordController } from './host/controllers/password-controller';
export { passwordRoutes } from './routes/password-routes';
export type { PasswordControllerOptions } from './account/password-table';
export { StrongPassword } from './host/decorators/strong-password';
export type { StrongPasswordOptions } from './host/decorators/strong-password';
export { PasswordProvider } from './providers/password';
export { TokenProvider } from './providers/token';
export { apiKeyController } from './host/controllers/api-key-controller';
export { apiKeyRoutes } from './routes/api-key-routes';
export type { ApiKeyControllerOptions } from './account/api-key-table';
export { ApiKeys } from './keys/api-keys';
export type { ApiKeyInfo, CreatedApiKey } from './keys/api-keys';
export type { ApiKeysOptions } from './keys/api-keys-options';
export { ApiKeyProvider } from './keys/api-key-provider';
export type { ApiKeyProviderOptions } from './keys/api-key-provider';
export type { NewApiKey } from './keys/new-key';
export type { UserName } from './core/named-user';
export type { TokenVerifier } from './providers/token';
export { FileUserstore } from './userstores/file/file-userstore';
export { PathPermissions } from './authorization/paths/path-permissions';
export { MemoryUserstore } from './userstores/memory';
export { Passwords, passwords } from './passwords/passwords';
export type { PasswordsOptions } from './passwords/passwords';
export type {
  Argon2idHashes,
  BcryptHashes,
  NewHashes,
  Pbkdf2Hashes,
  ScryptHashes,
} from './passwords/new-hashes';
export type { OptInScheme } from './passwords/schemes/scheme';
export type { PasswordHasher } from './passwords/password-hasher';
export { jwksController } from './host/controllers/jwks-controller';
export { jwksRoutes } from './routes/jwks-routes';
export type { JwksControllerOptions } from './account/jwks-table';
export { KeyFile } from './tokens/key-file';
export { KeySet } from './tokens/key-set';
export type { TokenAlgorithm, TokenKey } from './tokens/token-key';
export type { Jwk } from './util/jwk';
export { TokenService } from './tokens/token-service';
export type { IssuedToken } from './tokens/token-service';
export type { IssuedTokens } from './tokens/families/parts';
export type { TokenFamily } from './tokens/families/list-families';
export type { RevocationOptions } from './tokens/revocation/revocation-options';
export type { RefreshOptions } from './tokens/refresh-options';
export { tokenController } from './host/controllers/token-controller';
export { tokenRoutes } from './routes/token-routes';
export type { TokenControllerOptions } from './account/token-table';
export type { TokenServiceOptions } from './tokens/token-service-options';
export type { VerifiedToken } from './tokens/claims';
export { MemoryState } from './state/memory-state';
export type { MemoryStateOptions } from './state/memory-state';
export type { Revocation, RevocationLogInterface, RevocationPage } from './state/revocation-log';
export type { StateStoreInterface } from './state/state-store';
export type { FileOptions } from './files/file-options';
export type { FileUserstoreOptions } from './userstores/file/file-userstore';
export type { CredentialCacheOptions } from './passwords/credential-cache';
export type { PasswordProviderOptions } from './providers/password';
export { Throttle } from './throttle/throttle';
export type { ThrottleOptions } from './throttle/throttle';
export type { PathPermissionsOptions } from './authorization/paths/path-permissions';
export type { MemoryUserstoreOptions, Records } from './userstores/memory';
