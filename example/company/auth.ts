import { AuthProvider } from 'securest';
import { KerberosProvider } from 'securest/kerberos';
import { LdapProvider } from 'securest/ldap';
import { Users } from './users';

/** Single sign-on with a ticket of the company's KDC. The variable KRB5_KTNAME names the keytab. */
@AuthProvider(1)
export class Kerberos extends KerberosProvider {
  constructor() {
    super({ service: 'HTTP@localhost', realms: ['COMPANY.TEST'] });
  }
}

/** For users without a ticket: `Authorization: Basic`, verified by the directory. */
@AuthProvider(2)
export class Password extends LdapProvider {
  constructor(users: Users) {
    super(users);
  }
}
