/** Kerberos logins (SPNEGO). The optional peer `kerberos` is loaded when a provider is created. */
export type { KerberosProviderOptions } from './kerberos-options';
export { KerberosProvider } from './kerberos-provider';
export type { KerberosPrincipal } from './principal';
