import { expect } from 'chai';
import { passwordTimeOf } from '../../../src/ldap/password-time';

const CHANGED = Date.UTC(2023, 10, 14, 22, 13, 20);

function read(attribute: 'pwdLastSet' | 'pwdChangedTime', ...values: string[]): string | undefined {
  return passwordTimeOf({ dn: 'cn=x', [attribute.toUpperCase()]: values }, attribute)?.toISOString();
}

describe('passwordTimeOf', () => {
  it('is undefined where the entry does not say', () => {
    expect(read('pwdLastSet')).to.equal(undefined);
    expect(read('pwdChangedTime')).to.equal(undefined);
  });

  for (const [value, iso] of [
    [String((BigInt(CHANGED) + 11_644_473_600_000n) * 10_000n), new Date(CHANGED).toISOString()],
    [String((BigInt(CHANGED) + 11_644_473_600_000n) * 10_000n + 12_345_678n), '2023-11-14T22:13:21.234Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
  ] as const) {
    it(`reads a FILETIME of ${value.length} digits (MS-ADA3 section 2.174)`, () => {
      expect(read('pwdLastSet', value)).to.equal(iso);
    });
  }

  for (const [value, iso] of [
    ['20231114221320Z', '2023-11-14T22:13:20.000Z'],
    ['20231114221320.5Z', '2023-11-14T22:13:20.500Z'],
    ['20231114221320,123456Z', '2023-11-14T22:13:20.123Z'],
    ['202311142213Z', '2023-11-14T22:13:00.000Z'],
    ['2023111422Z', '2023-11-14T22:00:00.000Z'],
    ['2023111422.25Z', '2023-11-14T22:15:00.000Z'],
    ['20231114221320+0130', '2023-11-14T20:43:20.000Z'],
    ['20231114221320-05', '2023-11-15T03:13:20.000Z'],
    ['20240229000000Z', '2024-02-29T00:00:00.000Z'],
  ] as const) {
    it(`reads ${value} (RFC 4517 section 3.3.13)`, () => {
      expect(read('pwdChangedTime', value)).to.equal(iso);
    });
  }

  for (const [attribute, ...values] of [
    ['pwdLastSet', '-1'],
    ['pwdLastSet', '1e3'],
    ['pwdLastSet', ''],
    ['pwdLastSet', '99999999999999999999'],
    ['pwdLastSet', '20231114221320Z'],
    ['pwdLastSet', '0', '1'],
    ['pwdChangedTime', '20231114221320'],
    ['pwdChangedTime', '20230230000000Z'],
    ['pwdChangedTime', '20231314221320Z'],
    ['pwdChangedTime', '20231114241320Z'],
    ['pwdChangedTime', '20231114226020Z'],
    ['pwdChangedTime', '133444548000000000'],
    ['pwdChangedTime', ' 20231114221320Z'],
    ['pwdChangedTime', '20231114221320Z', '20231114221321Z'],
  ] as const) {
    it(`throws for ${attribute} ${JSON.stringify(values)}`, () => {
      expect(() => read(attribute, ...values)).to.throw(/is not a time/);
    });
  }
});
