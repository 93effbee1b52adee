import { expect } from 'chai';
import { isActive, octetsOf, valuesOf } from '../../../src/ldap/entries';

describe('valuesOf', () => {
  it('has no, one or many texts of an attribute, however the server spells it', () => {
    const entry = {
      dn: 'cn=x',
      sAMAccountName: 'ann',
      memberOf: ['a', 'b'],
      mail: [],
    };
    expect(
      ['samaccountname', 'MEMBEROF', 'mail', 'title'].map((name) => valuesOf(entry, name)),
    ).to.deep.equal([['ann'], ['a', 'b'], [], []]);
    expect(valuesOf(entry, 'dn')).to.deep.equal([]);
    expect(valuesOf(entry, 'constructor')).to.deep.equal([]);
  });

  it('throws where only the first of too many values came', () => {
    const entry = { dn: 'cn=x', memberOf: [], 'memberOf;range=0-1499': ['a'] };
    expect(() => valuesOf(entry, 'memberof')).to.throw(/too many values/);
  });
});

describe('valuesOf and octetsOf', () => {
  const entry = {
    dn: 'cn=x',
    one: Buffer.from([0xff]),
    mixed: [Buffer.from('a'), Buffer.from([0xff])],
    text: 'a',
  };

  it('throw for octets, and have them, of one value or several', () => {
    for (const name of ['one', 'MIXED']) expect(() => valuesOf(entry, name)).to.throw(/not text in UTF-8/);
    expect(octetsOf(entry, 'One')).to.deep.equal([entry.one]);
    expect(octetsOf(entry, 'mixed')).to.deep.equal(entry.mixed);
    expect(octetsOf(entry, 'text')).to.deep.equal([Buffer.from('a')]);
    expect(octetsOf(entry, 'none')).to.deep.equal([]);
  });
});

describe('isActive', () => {
  it('throws for values that cannot be read', () => {
    for (const entry of [
      { userAccountControl: 'x' },
      { userAccountControl: '' },
      { accountExpires: '-1' },
      { accountExpires: '1e3' },
      { 'msDS-User-Account-Control-Computed': 'locked' },
    ]) {
      expect(() => isActive({ dn: 'cn=x', ...entry }, 0), JSON.stringify(entry)).to.throw(/LdapUserstore/);
    }
  });
});
