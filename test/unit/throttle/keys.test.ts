import { expect } from 'chai';
import { accountKey, addressKey } from '../../../src/throttle/keys';

describe('The keys of the throttle', () => {
  for (const [typed, key] of [
    ['Ann', 'ann'],
    ['  ann \t smith ', 'ann smith'],
    ['\uff21nn', 'ann'],
    ['a\u00a0b', 'a b'],
    ['e\u0301va', '\u00e9va'],
    ['__proto__', '__proto__'],
  ] as const) {
    it(`counts the account ${JSON.stringify(typed)} as ${JSON.stringify(key)}`, () => {
      expect(accountKey(typed)).to.equal(key);
    });
  }

  it('counts a long name by its digest, by whatever characters it is long', () => {
    expect(accountKey('a'.repeat(64))).to.equal('a'.repeat(64));
    for (const name of ['a'.repeat(65), '\ufdfa'.repeat(255)]) {
      expect(accountKey(name)).to.have.length(44);
      expect(accountKey(`${name}a`)).to.not.equal(accountKey(name));
      expect(accountKey(` ${name.toUpperCase()}`)).to.equal(accountKey(name));
    }
  });

  for (const [ip, key] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    ['no address', 'unknown'],
    ['unknown', 'unknown'],
  ] as const) {
    it(`counts the address ${JSON.stringify(ip)} as ${key}`, () => {
      expect(addressKey(ip)).to.equal(key);
    });
  }
});
