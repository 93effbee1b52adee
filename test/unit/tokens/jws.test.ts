import { expect } from 'chai';
import { TokenInvalidError } from '../../../src/errors';
import { hs256Key, MAX_TOKEN_LENGTH, signCompact, verifyCompact } from '../../../src/tokens/jws';

const key = hs256Key(Buffer.alloc(32, 7));
const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** A token with a right signature over whatever the parts are. */
function signed(header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${key.sign(input)}`;
}

const refuses = (token: string): void => {
  expect(() => verifyCompact(key, token), JSON.stringify(token.slice(0, 60))).to.throw(TokenInvalidError);
};

describe('verifyCompact', () => {
  it('gives back header and payload of what signCompact signed', () => {
    const { header, payload } = verifyCompact(key, signCompact(key, { typ: 'x' }, 'not even JSON'));
    expect(header).to.deep.equal({ alg: 'HS256', typ: 'x' });
    expect(payload.toString()).to.equal('not even JSON');
  });

  it('refuses another key', () => {
    refuses(signCompact(hs256Key(Buffer.alloc(32, 8)), {}, '{}'));
  });

  it('never lets a header choose the algorithm that is signed', () => {
    expect(verifyCompact(key, signCompact(key, { alg: 'none' }, '{}')).header['alg']).to.equal('HS256');
  });

  for (const header of [
    '{"alg":"none"}',
    '{"alg":"None"}',
    '{"alg":"hs256"}',
    '{"alg":"HS512"}',
    '{"alg":["HS256"]}',
    '{"alg":256}',
    '{"alg":null}',
    '{}',
    '{"__proto__":{"alg":"HS256"}}',
    '{"alg":"HS256","__proto__":{}}',
    '{"alg":"HS256","alg":"none"}',
  ]) {
    it(`refuses the header ${header} although its signature is right`, () => {
      refuses(signed(header, '{}'));
    });
  }

  it('reads alg as an own property only', () => {
    Object.defineProperty(Object.prototype, 'alg', { value: 'HS256', configurable: true });
    try {
      refuses(signed('{}', '{}'));
    } finally {
      Reflect.deleteProperty(Object.prototype, 'alg');
    }
  });

  for (const header of [
    '{"alg":"HS256","crit":["exp"],"exp":1}',
    '{"alg":"HS256","crit":[]}',
    '{"alg":"HS256","b64":true}',
    '{"alg":"HS256","b64":false,"crit":["b64"]}',
    '{"alg":"HS256","zip":"DEF"}',
    '{"alg":"HS256","enc":"A256GCM"}',
  ]) {
    it(`refuses the extension in ${header}`, () => {
      refuses(signed(header, '{}'));
    });
  }

  it('refuses headers that are no JSON object in UTF-8', () => {
    for (const header of ['', '[]', 'null', '"HS256"', '{', '\ufeff{"alg":"HS256"}', '{"alg":"HS256"}x']) {
      refuses(signed(header, '{}'));
    }
    const input = `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30`;
    refuses(`${input}.${key.sign(input)}`);
  });

  it('refuses what is not three parts that are not empty', () => {
    const token = signCompact(key, {}, '{}');
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const hostile of [
      '',
      '.',
      '..',
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${token}.`,
      `${token}.${signature}`,
      `.${token}`,
      '.'.repeat(8000),
      JSON.stringify({ protected: header, payload, signature }),
    ]) {
      refuses(hostile);
    }
  });

  it('refuses every second way to write a token', () => {
    const token = signCompact(key, { a: '>>>???' }, '{"a":1}');
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const hostile of [
      `${token}=`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${header}. ${payload}.${signature}`,
      `${token.replaceAll('_', '/').replaceAll('-', '+')}=`,
      `${header}.${payload}.${signature.slice(0, -1)}${nextLetter(signature.slice(-1))}`,
    ]) {
      refuses(hostile);
    }
  });

  it('refuses parts with unused bits set or a length that no bytes have, although the signature is right', () => {
    const header = encode('{"alg":"HS256"}');
    for (const input of [`${header}.AB`, `${header}.A`, `${header}.e31`, `${header.slice(0, -1)}R.e30`]) {
      refuses(`${input}.${key.sign(input)}`);
    }
  });

  it('refuses tokens beyond its length and takes those up to it', () => {
    const longest = signCompact(key, {}, 'x'.repeat(6048));
    expect(longest).to.have.lengthOf.within(MAX_TOKEN_LENGTH - 100, MAX_TOKEN_LENGTH);
    verifyCompact(key, longest);
    refuses(signCompact(key, {}, 'x'.repeat(6144)));
  });

  it('keeps the reason as the cause, without the token', () => {
    const token = `${signCompact(key, {}, '{}')}A`;
    try {
      verifyCompact(key, token);
      expect.fail('it was taken');
    } catch (error) {
      expect((error as TokenInvalidError).cause).to.be.instanceOf(Error);
      expect(String((error as TokenInvalidError).cause)).not.to.include(token.split('.')[0]);
    }
  });
});

/** The letter whose lowest bit is flipped: in a last letter of 43 it is unused. */
function nextLetter(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(letter) ^ 1);
}
