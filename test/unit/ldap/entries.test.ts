import { expect } from 'chai';
import { isActive, valuesOf } from '../../../src/ldap/entries';

describe('valuesOf', () => {
  it('has no, one or many texts of an attribute, however the server spells it', () => {
    const entry = {
      dn: 'cn=x',
      sAMAccountName: 'ann',
      memberOf: ['a', 'b'],
      mail: [],
      jpegPhoto: Buffer.from([0xff]),
    };
    expect(
      ['samaccountname', 'MEMBEROF', 'mail', 'title', 'jpegPhoto'].map((name) => valuesOf(entry, name)),
    ).to.deep.equal([['ann'], ['a', 'b'], [], [], []]);
    expect(valuesOf(entry, 'dn')).to.deep.equal([]);
    expect(valuesOf(entry, 'constructor')).to.deep.equal([]);
  });

  it('throws where only the first of too many values came', () => {
    const entry = { dn: 'cn=x', memberOf: [], 'memberOf;range=0-1499': ['a'] };
    expect(() => valuesOf(entry, 'memberof')).to.throw(/too many values/);
  });
});

describe('isActive', () => {
  it('throws for values that cannot be read', () => {
    for (const entry of [
      { userAccountControl: 'x' },
      { userAccountControl: '' },
      { accountExpires: '-1' },
      { accountExpires: '1e3' },
    ]) {
      expect(() => isActive({ dn: 'cn=x', ...entry }, 0), JSON.stringify(entry)).to.throw(/LdapUserstore/);
    }
  });
});
