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
