import { expect } from 'chai';
import { isOctets, octetsAs } from '../../../src/ldap/octets';

describe('octetsAs', () => {
  it('writes a GUID as Active Directory does', () => {
    const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    expect(octetsAs(bytes, 'guid')).to.equal('33221100-5544-7766-8899-aabbccddeeff');
    expect(bytes.toString('hex')).to.equal('00112233445566778899aabbccddeeff');
  });

  it('writes a SID, also with a large authority and with no sub-authority', () => {
    for (const [hex, text] of [
      ['01020000000000052000000020020000', 'S-1-5-32-544'],
      ['010500000000000515000000ffffffff01000000020000005b040000', 'S-1-5-21-4294967295-1-2-1115'],
      ['0100ffffffffffff', 'S-1-281474976710655'],
    ] as const) {
      expect(octetsAs(Buffer.from(hex, 'hex'), 'sid')).to.equal(text);
    }
  });

  it('throws for octets that are neither', () => {
    for (const hex of ['', '01', '0102000000000005', '02010000000000051f000000', `0110${'00'.repeat(70)}`]) {
      expect(() => octetsAs(Buffer.from(hex, 'hex'), 'sid'), hex).to.throw(/not a SID/);
      expect(() => octetsAs(Buffer.from(hex, 'hex'), 'guid'), hex).to.throw(/not a GUID/);
    }
  });
});

describe('isOctets', () => {
  it('is true for attributes of octets, however they are spelled', () => {
    for (const name of [
      'objectguid',
      'objectSID',
      'jpegPhoto',
      'x;binary',
      'userCertificate;BINARY',
      'photo;lang-en',
    ])
      expect(isOctets(name), name).to.equal(true);
    for (const name of ['mail', 'photoUrl', 'x;lang-binary', ''])
      expect(isOctets(name), name).to.equal(false);
  });
});
