import { expect } from 'chai';
import { isNetworkError } from '../../../src/passport/network-error';

const withCode = (code: unknown, more: object = {}): Error =>
  Object.assign(new Error('x'), { code, ...more });

describe('isNetworkError', () => {
  it('knows the codes of Node, of fetch and of TLS', () => {
    const codes = [
      'ECONNREFUSED',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EAI_AGAIN',
      'UND_ERR_CONNECT_TIMEOUT',
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ];
    for (const code of codes) expect(isNetworkError(withCode(code)), code).to.equal(true);
  });

  it('takes no other code, and no text, for one', () => {
    for (const code of [
      'ENOENT',
      'EACCES',
      'UND_ERR_INVALID_ARG',
      'ERR_INVALID_ARG_TYPE',
      'XECONN',
      111,
      null,
    ]) {
      expect(isNetworkError(withCode(code)), String(code)).to.equal(false);
    }
    for (const thrown of [undefined, null, 'ECONNREFUSED', 0, new Error('ECONNREFUSED'), {}]) {
      expect(isNetworkError(thrown)).to.equal(false);
    }
  });

  it('looks behind an error where libraries keep theirs', () => {
    for (const name of ['cause', 'inner', 'oauthError']) {
      const error = withCode('E_OUTER', { [name]: withCode(undefined, { cause: withCode('EPIPE') }) });
      expect(isNetworkError(error), name).to.equal(true);
    }
  });

  it('comes to an end with errors that lead to each other, to ever more, and that cannot be read', () => {
    const round = withCode('E_ROUND');
    Object.assign(round, { cause: round });
    expect(isNetworkError(round)).to.equal(false);
    let made = 0;
    const endless = (): object => ({
      get cause(): object {
        made += 1;
        return endless();
      },
    });
    expect(isNetworkError(endless())).to.equal(false);
    expect(made).to.be.lessThan(30);
    const closed = {
      get code(): never {
        throw new Error('closed');
      },
    };
    expect(isNetworkError({ cause: closed })).to.equal(false);
  });
});
