import { expect } from 'chai';
import { InvalidRequestError } from '../../../src/errors';
import { bearerToken } from '../../../src/http/bearer-token';
import { fakeRequest } from '../../support/fake-request';

const tokenOf = (authorization?: string): string | undefined =>
  bearerToken(fakeRequest({ headers: authorization === undefined ? {} : { authorization } }));

describe('bearerToken (RFC 6750 section 2.1)', () => {
  it('reads the token, whatever case the scheme has', () => {
    for (const token of ['a.b-c_d~e+f/g', 'x==', '0']) {
      expect(tokenOf(`Bearer ${token}`)).to.equal(token);
      expect(tokenOf(`bEARER  ${token}`)).to.equal(token);
    }
  });

  it('is undefined without the header and for another scheme', () => {
    for (const header of [undefined, '', 'Basic YTpi', 'Bearerx y', 'DPoP x']) {
      expect(tokenOf(header)).to.equal(undefined);
    }
  });

  it('refuses what is not a token', () => {
    for (const text of [
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Bearer a,b',
      'Bearer =',
      'Bearer a=b',
      'Bearer "a"',
    ]) {
      expect(() => tokenOf(text), text).to.throw(InvalidRequestError);
    }
  });
});
