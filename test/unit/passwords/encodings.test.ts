import { encodeBase64 } from 'bcryptjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { bcrypt } from '../../../src/passwords/schemes/bcrypt';
import { toBcryptBase64 } from '../../../src/passwords/schemes/encodings';

describe('toBcryptBase64', () => {
  it('writes what bcryptjs writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        expect(toBcryptBase64(Buffer.from(bytes))).to.equal(encodeBase64([...bytes], bytes.length));
      }),
      { numRuns: 300 },
    );
  });
});

describe('A decoy of bcrypt', () => {
  it('is a readable hash of its cost, and another each time', () => {
    for (const cost of [4, 9, 10, 15]) {
      const decoys = Array.from({ length: 20 }, () => bcrypt.decoy({ scheme: 'bcrypt', cost }));
      expect(new Set(decoys).size).to.equal(20);
      for (const decoy of decoys) {
        expect(decoy).to.have.length(60);
        expect(bcrypt.workOf(decoy)).to.deep.equal({ kind: 'bcrypt', units: 2 ** cost });
      }
    }
  });
});
