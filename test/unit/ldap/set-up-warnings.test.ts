import { expect } from 'chai';
import { PROBLEM_SOURCE } from '../../../src/core/events';
import { LdapUserstore } from '../../../src/ldap';
import { ldapSettings, type LdapUserstoreOptions } from '../../../src/ldap/ldap-options';
import { setUpWarnings } from '../../../src/ldap/set-up-warnings';

const warningsOf = (more: Partial<LdapUserstoreOptions>): readonly string[] =>
  setUpWarnings(ldapSettings({ url: 'ldaps://dc1.corp.example', baseDn: 'dc=corp,dc=example', ...more }));

describe('setUpWarnings', () => {
  it('warns of filters that keep users out after a lock has ended', () => {
    for (const [userFilter, attribute] of [
      ['(!(lockoutTime>=1))', 'lockoutTime'],
      ['(&(objectClass=user)(|(!(LOCKOUTTIME=*))(lockoutTime=0)))', 'lockoutTime'],
      ['(lockoutTime:1.2.840.113556.1.4.803:=0)', 'lockoutTime'],
      ['(!(pwdAccountLockedTime=*))', 'pwdAccountLockedTime'],
      ['(&(!(pwdaccountlockedtime>=2020))(uid=*))', 'pwdAccountLockedTime'],
    ] as const) {
      const [warning, another] = warningsOf({ userFilter });
      expect(warning, userFilter).to.include(attribute).and.include('after the lock has ended');
      expect(another).to.equal(undefined);
    }
  });

  it('says nothing of other filters, nor of locks that have no end', () => {
    for (const userFilter of [
      '(objectClass=person)',
      '(!(pwdAccountLockedTime=000001010000Z))',
      '(!(nsAccountLock=TRUE))',
      '(description=lockoutTime)',
    ]) {
      expect(warningsOf({ userFilter }), userFilter).to.deep.equal([]);
    }
  });

  it('says what a global catalog does not have', () => {
    for (const url of ['ldaps://dc1:3269', ['ldaps://dc1', 'ldap://dc2:3268']]) {
      expect(warningsOf({ url, insecure: true }).join())
        .to.include('accountExpires')
        .and.include('636');
    }
    const groups = { baseDn: 'dc=x' };
    expect(warningsOf({ url: 'ldaps://dc1:3269', groups }).join()).to.include('not universal');
  });

  it('is told once, when an app begins to use the store', () => {
    const store = new LdapUserstore({
      ...{ url: 'ldap://127.0.0.1:1', insecure: true, baseDn: 'dc=x' },
      userFilter: '(!(lockoutTime>=1))',
    });
    const heard: unknown[] = [];
    for (let app = 0; app < 2; app += 1) store[PROBLEM_SOURCE](({ problem }) => heard.push(problem));
    expect(heard).to.have.length(1);
    store.close();
  });
});
