/**
 * Access tokens of other issuers, through the optional peer `jose`, and logins at OpenID providers, which also need
 * `openid-client`.
 */
export type { AccessToken, Claims } from './access-token';
export { type ClaimRoles, claimRoles } from './claim-roles';
export type { DpopOptions } from './dpop-options';
export type { IntrospectionOptions } from './introspection-options';
export { oidcLoginController } from './login-controller';
export { oidcLoginRoutes } from './login-routes';
export type { OidcIdentity, OidcLoginControllerOptions } from './login-options';
export type { AccessTokenOptions, JsonWebKeySet } from './options';
export type { Jwk } from '../util/jwk';
export { MemoryProofStore, type MemoryProofStoreOptions, type ProofStore } from './proof-store';
export { AccessTokenProvider } from './provider';
