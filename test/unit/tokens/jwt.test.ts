import { expect } from 'chai';
import { TokenInvalidError } from '../../../src/errors';
import { hs256Key, signCompact } from '../../../src/tokens/jws';
import { signJwt, verifyJwt } from '../../../src/tokens/jwt';

const key = hs256Key(Buffer.alloc(32, 7));

describe('verifyJwt', () => {
  it('gives back the claims', () => {
    expect(verifyJwt(key, signJwt(key, { sub: 'alice' }))).to.deep.equal({ sub: 'alice' });
  });

  it('takes its type in any case and with application/ (RFC 7515 section 4.1.9)', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT']) {
      expect(verifyJwt(key, signCompact(key, { typ }, '{}'))).to.deep.equal({});
    }
  });

  it('refuses a token of another type or of none', () => {
    for (const typ of [
      'JWT',
      'rt+jwt',
      'logout+jwt',
      'at+jwtx',
      '',
      ['at+jwt'],
      null,
      1,
      'x/at+jwt',
      undefined,
    ]) {
      const token = signCompact(key, typ === undefined ? {} : { typ }, '{}');
      expect(() => verifyJwt(key, token), String(typ)).to.throw(TokenInvalidError);
    }
  });

  it('refuses a payload that is not one JSON object', () => {
    for (const payload of ['[]', '1', 'null', '"x"', '{', '{}{}', '\ufeff{}', 'a.b.c', '{"__proto__":{}}']) {
      const token = signCompact(key, { typ: 'at+jwt' }, payload);
      expect(() => verifyJwt(key, token), payload).to.throw(TokenInvalidError);
    }
  });

  it('refuses a payload that is not UTF-8, also inside a string', () => {
    const [header = ''] = signJwt(key, {}).split('.');
    const payload = Buffer.from([...Buffer.from('{"sub":"'), 0xff, ...Buffer.from('"}')]);
    const input = `${header}.${payload.toString('base64url')}`;
    expect(() => verifyJwt(key, `${input}.${key.sign(input)}`)).to.throw(TokenInvalidError);
  });
});
