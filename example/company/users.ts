import { readFileSync } from 'node:fs';
import { Userstore } from 'securest';
import { LdapUserstore } from 'securest/ldap';
import { required } from './environment';

/** The users of the directory. Their groups in the directory decide their permissions in the app. */
@Userstore()
export class Users extends LdapUserstore {
  constructor() {
    super({
      url: required('LDAP_URL'),
      ca: readFileSync(required('LDAP_CA')),
      bindDn: 'cn=app,dc=company,dc=test',
      bindPassword: required('LDAP_PASSWORD'),
      baseDn: 'ou=people,dc=company,dc=test',
      groups: { baseDn: 'ou=groups,dc=company,dc=test' },
      groupRoles: { managers: ['manager'], staff: ['staff'] },
    });
  }
}
