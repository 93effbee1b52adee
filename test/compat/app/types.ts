/** All that the package declares, for a compiler that checks the declarations of libraries too. */
export type * from 'securest';
export type * as kerberos from 'securest/kerberos';
export type * as ldap from 'securest/ldap';
export type * as oidc from 'securest/oidc';
export type * as openapi from 'securest/openapi';
export type * as opentelemetry from 'securest/opentelemetry';
export type * as passkeys from 'securest/passkeys';
export type * as passport from 'securest/passport';
export type * as redis from 'securest/redis';
export type * as socket from 'securest/socket';
export type * as sql from 'securest/sql';
export type * as testing from 'securest/testing';
