import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { ldapSettings, type LdapUserstoreOptions } from '../../../src/ldap/ldap-options';
import { LdapProvider, LdapUserstore } from '../../../src/ldap';

const GOOD: LdapUserstoreOptions = { url: 'ldaps://ldap.example.org', baseDn: 'dc=example,dc=org' };
const settings = (more: object) => ldapSettings({ ...GOOD, ...more });

describe('ldapSettings', () => {
  it('fills in what is left out', () => {
    const { rolesOf, clock, ...rest } = settings({ groups: { baseDn: 'ou=g' } });
    expect([rolesOf('admins'), clock]).to.deep.equal([[], Date.now]);
    expect(rest).to.deep.equal({
      urls: ['ldaps://ldap.example.org'],
      startTls: false,
      ca: undefined,
      bindDn: undefined,
      bindPassword: '',
      baseDns: ['dc=example,dc=org'],
      usernameAttribute: 'uid',
      userFilter: undefined,
      attributes: { email: 'mail' },
      tokensValidFrom: undefined,
      groups: { baseDn: 'ou=g', by: 'search', nested: true, nameAttribute: 'cn', memberAttribute: 'member' },
      timeoutMs: 2000,
      cacheMs: 5000,
      maxBinds: 10,
    });
  });

  it('takes plain ldap only with StartTLS, or where it is said to be meant', () => {
    const url = 'ldap://ldap.example.org';
    for (const more of [{ startTls: true }, { insecure: true }])
      expect(settings({ url, ...more }).urls).to.deep.equal([url]);
    for (const plain of [url, 'ldap://127.0.0.1', 'ldap://localhost', ['ldaps://a', url]]) {
      expect(() => settings({ url: plain })).to.throw(ConfigurationError, /passwords in clear/);
    }
  });

  it('has the roles of a table for its own names only', () => {
    const { rolesOf } = settings({ groupRoles: { admins: ['admin'] } });
    expect(['admins', 'constructor', '__proto__', 'Admins'].map(rolesOf)).to.deep.equal([
      ['admin'],
      [],
      [],
      [],
    ]);
  });

  const refused: readonly [object, RegExp][] = [
    [{ url: undefined }, /url must be/],
    [{ url: [] }, /url must be/],
    [{ url: '' }, /url must be/],
    [{ url: 'https://ldap.example.org' }, /ldaps:\/\/host/],
    [{ url: 'ldaps://' }, /ldaps:\/\/host/],
    [{ url: 'ldaps://me:canary@host' }, /nothing but a host/],
    [{ url: 'ldaps://:canary@host' }, /nothing but a host/],
    [{ url: 'ldaps://host#canary' }, /nothing but a host/],
    [{ url: 'ldaps://host/dc=x' }, /nothing but a host/],
    [{ ca: '' }, /ca must be/],
    [{ ca: [] }, /ca must be/],
    [{ ca: [Buffer.alloc(0)] }, /ca must be/],
    [{ ca: true }, /ca must be/],
    [{ url: 'ldaps://host?x' }, /nothing but a host/],
    [{ startTls: true }, /encrypted already/],
    [{ startTls: 'yes' }, /startTls must be true or false/],
    [{ insecure: 1 }, /insecure must be true or false/],
    [{ bindDn: 'cn=app' }, /go together/],
    [{ bindPassword: 'canary' }, /go together/],
    [{ bindDn: 'cn=app', bindPassword: '' }, /bindPassword must be a non-empty string/],
    [{ bindDn: 'EXTERNAL', bindPassword: 'canary' }, /bindDn must be a distinguished name/],
    [{ bindDn: 'CORP\notes', bindPassword: 'canary' }, /two backslashes/],
    [{ bindDn: 'CORPnotes', bindPassword: 'canary' }, /name@domain/],
    [{ bindDn: '@corp.example', bindPassword: 'canary' }, /name@domain/],
    [{ bindDn: 'CORP\\', bindPassword: 'canary' }, /name@domain/],
    [{ bindDn: '{0}@corp.example', bindPassword: 'canary' }, /placeholder/],
    [{ bindDn: 'uid=%s,dc=x', bindPassword: 'canary' }, /placeholder/],
    [{ baseDn: 'uid={{username}},dc=x' }, /placeholder/],
    [{ groups: { baseDn: 'ou=%u,dc=x' } }, /placeholder/],
    [{ bindDn: '', bindPassword: 'canary' }, /bindDn must be a distinguished name/],
    [{ bindDn: 'cn=a\0', bindPassword: 'canary' }, /bindDn must be a distinguished name/],
    [{ baseDn: 'example' }, /baseDn must be a distinguished name/],
    [{ baseDn: ['dc=x', ''] }, /baseDn must be a distinguished name/],
    [{ usernameAttribute: 'uid)(x' }, /usernameAttribute must be the name/],
    [{ usernameAttribute: 'userPassword' }, /attribute of passwords/],
    [{ attributes: { phone: 'UserPassword;x-raw' } }, /attribute of passwords/],
    [{ attributes: { password: 'description' } }, /cannot fill password/],
    [{ attributes: { active: 'title' } }, /cannot fill active/],
    [{ attributes: { groups: 'ou' } }, /cannot fill groups/],
    [{ attributes: { email: '*' } }, /must be the name of an attribute/],
    [{ attributes: { email: '2.5.4.35' } }, /must be the name of an attribute/],
    [{ attributes: { x: 'unicodePwd' } }, /attribute of passwords/],
    [{ attributes: { x: 'ms-Mcs-AdmPwd' } }, /attribute of passwords/],
    [{ attributes: { x: 'msDS-ManagedPassword' } }, /attribute of passwords/],
    [{ attributes: ['mail'] }, /attributes must be an object/],
    [{ userFilter: 'objectClass=person' }, /in parentheses/],
    ...[
      ...['%s', '%u', '%(user)s', '%{user}', '{0}', '{username}', '{{username}}', '{{ .Username }}'],
      ...['${user}', '$login', '*%s*', '<username>', '%LOGIN%', '%v@corp.example'],
    ].map((value): [object, RegExp] => [
      { userFilter: `(&(objectClass=person)(uid=${value}))` },
      /placeholder/,
    ]),
    [{ userFilter: '({username_attribute}={input})' }, /placeholder/],
    [{ usernameAttribute: 'objectGUID' }, /attribute of text/],
    [{ groups: { baseDn: 'ou=g', nameAttribute: 'objectSid' } }, /attribute of text/],
    [{ attributes: { roles: { from: 'employeeType', as: 'hex' } } }, /attribute of text/],
    [{ attributes: { roles: 'jpegPhoto' } }, /attribute of text/],
    [{ attributes: { id: { from: 'objectGUID', as: 'text' } } }, /attributes.id.as/],
    [{ attributes: { id: { from: 'objectGUID' } } }, /attributes.id.as/],
    [{ attributes: { id: { from: 'unicodePwd', as: 'hex' } } }, /attribute of passwords/],
    [{ attributes: { id: ['objectGUID'] } }, /must be the name/],
    [{ groups: { baseDn: 'ou=g', by: 'tokenGroups', nested: false } }, /always has the groups of groups/],
    [{ groups: { baseDn: 'ou=g', by: 'tokenGroups', nested: 'in-chain' } }, /needs by: 'search'/],
    [{ groups: {} }, /groups.baseDn/],
    [{ groups: { baseDn: 'ou=g', by: 'member' } }, /groups.by/],
    [{ groups: { baseDn: 'ou=g', nested: 'yes' } }, /groups.nested/],
    [{ groups: { baseDn: 'ou=g', by: 'memberOf', nested: 'in-chain' } }, /needs by: 'search'/],
    [{ groups: { baseDn: 'ou=g', basedn: 'ou=h' } }, /must not have "basedn"/],
    [{ groupRoles: { admins: 'admin' } }, /groupRoles/],
    [{ groupRoles: null }, /groupRoles/],
    [{ timeoutMs: 0 }, /timeoutMs must be/],
    [{ timeoutMs: Infinity }, /timeoutMs must be/],
    [{ cacheMs: -1 }, /cacheMs must be/],
    [{ maxBinds: 1.5 }, /maxBinds must be/],
    [{ clock: 1 }, /clock must be/],
    [{ starttls: true }, /must not have "starttls"/],
  ];
  for (const [more, words] of refused) {
    it(`refuses ${JSON.stringify(more)}`, () => {
      expect(() => settings(more)).to.throw(ConfigurationError, words);
      expect(() => settings(more)).to.not.throw(/canary/);
    });
  }

  it('takes filters and names with signs that are no placeholder', () => {
    for (const userFilter of [
      '(cn=100%)',
      '(cn=*$)',
      '(cn=a \\25s \\7bx\\7d)',
      '(userAccountControl:1.2.840.113556.1.4.803:=512)',
      '(uidNumber>=1000)',
    ]) {
      expect(settings({ userFilter }).userFilter).to.equal(userFilter);
    }
    for (const bindDn of ['notes@corp.example', 'CORP\\notes', 'CORP\\HOST$', 'cn=a@b,dc=x']) {
      expect(settings({ bindDn, bindPassword: 'x' }).bindDn).to.equal(bindDn);
    }
  });

  it('refuses a filter that cannot be read, and a provider without its store', () => {
    expect(() => new LdapUserstore({ ...GOOD, userFilter: '(a=b)(c=d)' })).to.throw(
      ConfigurationError,
      /RFC 4515/,
    );
    for (const store of [undefined, null, {}, 'store']) {
      expect(() => new LdapProvider(store as never)).to.throw(ConfigurationError, /super\(store\)/);
    }
  });
});
