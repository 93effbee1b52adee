/** Access tokens of other issuers, through the optional peer `jose`. */
export type { AccessToken, Claims } from './access-token';
export { type ClaimRoles, claimRoles } from './claim-roles';
export type { DpopOptions } from './dpop-options';
export type { IntrospectionOptions } from './introspection-options';
export type { AccessTokenOptions, JsonWebKeySet } from './options';
export { MemoryProofStore, type MemoryProofStoreOptions, type ProofStore } from './proof-store';
export { AccessTokenProvider } from './provider';
