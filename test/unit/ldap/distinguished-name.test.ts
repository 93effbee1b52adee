import { expect } from 'chai';
import { escapeDnValue, isBelow, isNamedBy } from '../../../src/ldap/distinguished-name';
import { loadLdapts } from '../../../src/ldap/ldap-connection';
import cases from '../../vectors/ldap_cases.json';

const of = (kind: string) => cases.vectors.filter((one) => one.kind === kind);

/** The value of a name of one component, as RFC 4514 section 3 reads it; undefined where it is none, or more. */
function readBack(name: string): string | undefined {
  const [, value] = /^cn=((?:[^\\,+";<>\0]|\\[0-9a-f]{2}|\\.)*)$/is.exec(name) ?? [];
  if (value === undefined || /^[ #]|(?<!\\) $/.test(value)) return undefined;
  const bytes = value.replace(/((?:\\[0-9a-f]{2})+)|\\(.)/gi, (_, hex: string | undefined, one: string) =>
    hex === undefined ? one : Buffer.from(hex.replaceAll('\\', ''), 'hex').toString(),
  );
  return bytes;
}

describe('escapeDnValue', () => {
  for (const { input, expect: expected } of of('dn-value')) {
    it(`makes one value of ${JSON.stringify(input)}`, () => {
      const escaped = escapeDnValue(input);
      if (!expected.startsWith('one RDN')) expect(escaped.toLowerCase()).to.equal(expected.toLowerCase());
      expect(readBack(`cn=${escaped}`)).to.equal(input);
    });
  }

  it('keeps whatever is typed in one value', () => {
    for (const value of [
      '  ',
      ' ',
      '#',
      'a  ',
      '\\ ',
      '\\',
      '\\\\',
      '\u0085',
      'é',
      '=,+',
      '\\2c',
      ' #x ',
      'a\\ ',
    ]) {
      expect(readBack(`cn=${escapeDnValue(value)}`), JSON.stringify(value)).to.equal(value);
    }
  });
});

describe('isNamedBy', () => {
  it('knows the values in the name of the entry itself, however they are written', () => {
    for (const [dn, attribute, value] of [
      ['uid=ann,ou=people,dc=org', 'uid', 'ann'],
      ['UID=Ann , ou=people', 'uid', 'ann'],
      ['cn=x+uid=ann,ou=people', 'Uid', 'ann'],
      ['uid=a\\,b\\\\,ou=people', 'uid', 'a,b\\'],
      ['uid=a\\2cb\\5c,ou=people', 'uid', 'a,b\\'],
    ] as const) {
      expect(isNamedBy(dn, attribute, value), dn).to.equal(true);
    }
    for (const [dn, value] of [
      ['uid=annie,ou=people', 'ann'],
      ['cn=ann,uid=ann,ou=people', 'ann'],
      ['no name', 'ann'],
      ['', ''],
    ] as const) {
      expect(isNamedBy(dn, 'uid', value), dn).to.equal(false);
    }
  });
});

describe('isBelow', () => {
  const BASE = 'ou=Groups,dc=example,dc=org';
  it('knows entries below the base, however they are written', () => {
    for (const dn of [
      `cn=a,${BASE}`,
      `CN=A, OU=groups , DC=Example,dc=ORG`,
      `cn=a\\,b,${BASE}`,
      `cn=a\\2cb,${BASE}`,
      `cn=a+uid=b,${BASE}`,
      `cn=x,ou=y,${BASE}`,
      `cn=,${BASE}`,
    ]) {
      expect(isBelow(dn, BASE), dn).to.equal(true);
    }
  });

  it('knows a base whose escapes or parts the server writes otherwise', () => {
    for (const [dn, base] of [
      ['cn=a,ou=x\\,y,dc=z', 'ou=x\\2cy,dc=z'],
      ['cn=a,ou=x\\2Cy,dc=z', 'ou=x\\,y,dc=z'],
      ['cn=a,l=b+ou=c,dc=z', 'ou=c+l=b,dc=z'],
      ['cn=a,ou=J\\c3\\b6rg,dc=z', 'ou=Jörg,dc=z'],
    ] as const) {
      expect(isBelow(dn, base), dn).to.equal(true);
    }
    expect(isBelow('cn=a,ou=x+l=y,dc=z', 'ou=x,dc=z')).to.equal(false);
    expect(isBelow('cn=a,ou=x\\2cdc=z', 'ou=x,dc=z')).to.equal(false);
  });

  it('takes no other for one, and none that it cannot read', () => {
    for (const dn of [
      '',
      BASE,
      `ou=Groups,dc=example,dc=org,dc=evil`,
      `cn=a\\,${BASE}`,
      `cn=a,ou=Groups\\,dc=example\\,dc=org`,
      `cn=a,ou=xGroups,dc=example,dc=org`,
      `cn="a,${BASE}"`,
      `cn="a",${BASE}`,
      `a,${BASE}`,
      `cn=a,,${BASE}`,
      `cn=a\0,${BASE}`,
      `cn=a,dc=example,dc=org`,
      `cn=a,${BASE},`,
      `cn=a\\`,
      `cn=a,${BASE}+`,
    ]) {
      expect(isBelow(dn, BASE), dn).to.equal(false);
    }
  });
});

describe('Filters', () => {
  for (const { input, expect: expected } of of('filter-value')) {
    it(`hold ${JSON.stringify(input)} as one value`, () => {
      const { BerWriter, EqualityFilter, FilterParser } = loadLdapts();
      const sent = [
        new EqualityFilter({ attribute: 'uid', value: input }),
        FilterParser.parseString(`(uid=${expected})`),
      ].map((filter) => {
        const writer = new BerWriter();
        filter.write(writer);
        return writer.buffer;
      });
      expect(sent[0]).to.deep.equal(sent[1]);
      expect(sent[0]!.includes(input)).to.equal(true);
    });
  }
});
