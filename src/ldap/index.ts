/** Users and logins from an LDAP directory or Active Directory, through the optional peer `ldapts`. */
export type { LdapAttribute, LdapGroups, LdapUserstoreOptions } from './ldap-options';
export { LdapProvider, type LdapProviderOptions } from './ldap-provider';
export { LdapUserstore } from './ldap-userstore';
export type { OctetForm } from './octets';
