import { expect } from 'chai';
import { MalformedCredentialsError } from '../../../src/errors';
import { mechanismOf, readNegotiate } from '../../../src/kerberos/negotiate-token';

const SPNEGO = '06062b0601050502';
const KERBEROS = '06092a864886f712010202';
const KERBEROS_OF_WINDOWS = '06092a864882f712010202';
const NTLM = '060a2b06010401823702020a';
const IAKERB = '06062b0601050205';

/** One DER element. */
function der(tag: number, ...parts: (Buffer | string)[]): Buffer {
  const value = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  const length = value.length < 0x80 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function negotiation(mechanisms: readonly string[], ...fields: Buffer[]): Buffer {
  return der(0x60, SPNEGO, der(0xa0, der(0x30, der(0xa0, der(0x30, ...mechanisms)), ...fields)));
}

const ticket = der(0xa2, der(0x04, Buffer.alloc(700, 1)));
const flags = der(0xa1, '03020106');

describe('readNegotiate', () => {
  it('is undefined without the header, and for another scheme', () => {
    for (const header of [undefined, '', 'Basic YQ==', 'Negotiates YQ==', 'Negotiate,YQ==']) {
      expect(readNegotiate(header), header).to.equal(undefined);
    }
  });

  it('reads the token whatever the case of the scheme', () => {
    for (const scheme of ['Negotiate', 'negotiate', 'NEGOTIATE']) {
      expect(readNegotiate(`${scheme} YWI=`)?.toString(), scheme).to.equal('ab');
    }
  });

  it('refuses an empty token and one that is not canonical base64 (RFC 4559 section 4.2)', () => {
    for (const text of [
      '',
      'Y',
      'YWI',
      'YWI==',
      'YWI=\t',
      'YW I=',
      'YWJ=',
      'YW-_',
      'YWI=,YWI=',
      'a="b"',
      'é',
    ]) {
      expect(() => readNegotiate(`Negotiate ${text}`), text).to.throw(MalformedCredentialsError);
    }
  });

  it('takes 64 KiB and refuses more', () => {
    expect(readNegotiate(`Negotiate ${'A'.repeat(65_536)}`)).to.have.length(49_152);
    expect(() => readNegotiate(`Negotiate ${'A'.repeat(65_540)}`)).to.throw(MalformedCredentialsError);
  });
});

describe('mechanismOf', () => {
  it('knows a Kerberos ticket, alone and as the first of a negotiation (RFC 4178 section 4.2)', () => {
    const tokens = {
      alone: der(0x60, KERBEROS, Buffer.alloc(700, 1)),
      first: negotiation([KERBEROS], ticket),
      'first of several': negotiation([KERBEROS_OF_WINDOWS, KERBEROS, NTLM], ticket),
      'after flags': negotiation([KERBEROS], flags, ticket),
    };
    for (const [what, token] of Object.entries(tokens)) expect(mechanismOf(token), what).to.equal('kerberos');
  });

  it('knows NTLM, alone and as the first of a negotiation', () => {
    expect(mechanismOf(Buffer.from('NTLMSSP\0\x01\0\0\0'))).to.equal('ntlm');
    expect(mechanismOf(negotiation([NTLM, KERBEROS], ticket))).to.equal('ntlm');
  });

  it('takes nothing that would need a second message, or another mechanism', () => {
    const tokens = {
      'no ticket': negotiation([KERBEROS]),
      'an empty field': negotiation([KERBEROS], der(0xa2)),
      'a ticket of another type': negotiation([KERBEROS], der(0xa2, der(0x05, '00'))),
      'no mechanism': negotiation([], ticket),
      'IAKERB first': negotiation([IAKERB, KERBEROS], ticket),
      'IAKERB alone': der(0x60, IAKERB, Buffer.alloc(10)),
      'an answer of a server': der(0xa1, der(0x30, der(0xa0, '0a0101'))),
    };
    for (const [what, token] of Object.entries(tokens))
      expect(mechanismOf(token), what).to.equal('unreadable');
  });

  it('takes no token with a length that does not hold', () => {
    const whole = negotiation([KERBEROS], ticket);
    expect(mechanismOf(Buffer.concat([whole, Buffer.from([0])]))).to.equal('unreadable');
    for (let length = 0; length < whole.length; length += 1) {
      expect(mechanismOf(whole.subarray(0, length)), String(length)).to.equal('unreadable');
    }
    for (const hex of [
      '',
      '60',
      '6080',
      '6084ffffffff',
      '60ff',
      '6083ffffff00',
      '6000',
      '60020600',
      '600206ff',
    ]) {
      expect(mechanismOf(Buffer.from(hex, 'hex')), hex).to.equal('unreadable');
    }
  });

  it('reads random bytes without a throw', () => {
    let seed = 1;
    for (let round = 0; round < 2000; round += 1) {
      const token = negotiation([KERBEROS, NTLM], der(0xa2, der(0x04, Buffer.alloc(20))));
      seed = (seed * 48_271) % 2_147_483_647;
      token[seed % token.length] = seed >> 8;
      expect(mechanismOf(token)).to.be.oneOf(['kerberos', 'ntlm', 'unreadable']);
    }
  });
});
