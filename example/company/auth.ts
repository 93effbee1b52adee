import { AuthProvider } from 'securest';
import { KerberosProvider } from 'securest/kerberos';
import { LdapProvider } from 'securest/ldap';
import { Users } from './users';

/** Single sign-on: a ticket of the company's KDC. The keytab is the one that KRB5_KTNAME names. */
@AuthProvider(1)
export class Kerberos extends KerberosProvider {
  constructor() {
    super({ service: 'HTTP@localhost', realms: ['COMPANY.TEST'] });
  }
}

/** For those without a ticket: `Authorization: Basic`, proved by the directory. */
@AuthProvider(2)
export class Password extends LdapProvider {
  constructor(users: Users) {
    super(users);
  }
}
