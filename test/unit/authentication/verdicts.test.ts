import { inspect } from 'node:util';
import { expect } from 'chai';
import { DeadlinePassedError } from '../../../src/http/deadline';
import {
  classify,
  isFailure,
  isRefusal,
  refusalFor,
  type Verdict,
} from '../../../src/authentication/verdicts';
import type { ProviderVerdict } from '../../../src/core/events';
import {
  AccessDeniedError,
  AccountStatusError,
  AuthenticationRequiredError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  SecurityFaultError,
  ServiceUnavailableError,
  ThrottledError,
  TokenInvalidError,
} from '../../../src/errors';

function verdict(name: ProviderVerdict, error?: unknown, credential = 'authorization'): Verdict {
  return { provider: name, credentials: [credential], verdict: name, error };
}

describe('classify', () => {
  const table: [unknown, ProviderVerdict][] = [
    [new ThrottledError(), 'throttled'],
    [new DeadlinePassedError(), 'deadline_passed'],
    [new ServiceUnavailableError(), 'unavailable'],
    [new AccountStatusError(), 'inactive'],
    [new BadCredentialsError(), 'bad_credentials'],
    [new TokenInvalidError(), 'bad_credentials'],
    [new MalformedCredentialsError(), 'malformed_credentials'],
    [new InvalidRequestError(), 'malformed_credentials'],
    [new SecurityFaultError(), 'bug'],
    [new AccessDeniedError(), 'bug'],
    [new AuthenticationRequiredError(), 'bug'],
    [new Error('x'), 'bug'],
    [{ name: 'BadCredentialsError', httpCode: 401 }, 'bug'],
    [undefined, 'bug'],
    [null, 'bug'],
    ['x', 'bug'],
  ];
  for (const [error, expected] of table) {
    it(`is ${expected} for ${inspect(error, { compact: true }).split('\n')[0]}`, () => {
      expect(classify(error)).to.equal(expected);
    });
  }
});

describe('refusalFor', () => {
  const severity: [ProviderVerdict, string][] = [
    ['throttled', '429 too_many_attempts'],
    ['bug', '500 security_error'],
    ['deadline_passed', '503 authentication_unavailable'],
    ['unavailable', '503 authentication_unavailable'],
    ['bad_credentials', '401 invalid_credentials'],
    ['inactive', '401 invalid_credentials'],
    ['malformed_credentials', '401 malformed_credentials'],
    ['no_credentials', '401 authentication_required'],
    ['not_asked', '401 authentication_required'],
  ];
  severity.forEach(([name, expected], rank) => {
    it(`answers ${expected} for ${name}, whatever less severe stands before or after it`, () => {
      for (const [less] of severity.slice(rank)) {
        for (const pair of [
          [verdict(less), verdict(name)],
          [verdict(name), verdict(less)],
        ]) {
          // prettier-ignore
          const { httpCode, code } = refusalFor(pair, false);
          expect(`${httpCode} ${code}`).to.equal(expected);
        }
      }
    });
  });

  it('asks for credentials when nobody was asked', () => {
    expect(refusalFor([], false)).to.be.instanceOf(AuthenticationRequiredError);
  });

  it('is the same for bad credentials and for an inactive account', () => {
    const [bad, inactive] = [verdict('bad_credentials'), verdict('inactive')].map((one) =>
      refusalFor([one], false),
    );
    expect(JSON.stringify(bad)).to.equal(JSON.stringify(inactive));
    expect(bad?.httpCode).to.equal(inactive?.httpCode);
  });

  it('keeps when to try again, and the cause for the log', () => {
    const cause = new ServiceUnavailableError({ retryAfterSeconds: 17 });
    expect(refusalFor([verdict('unavailable', cause)], false)).to.include({ retryAfterSeconds: 17, cause });
    const throttled = new ThrottledError({ retryAfterSeconds: 18 });
    expect(refusalFor([verdict('throttled', throttled)], false)).to.include({ retryAfterSeconds: 18 });
  });

  it('throws a fresh error, never the one that a provider threw', () => {
    const own = Object.assign(new BadCredentialsError(), { detail: 'canary' });
    const error = refusalFor([verdict('bad_credentials', own)], false);
    expect(error).to.not.equal(own);
    expect(JSON.stringify(error)).to.not.contain('canary');
  });

  it('is 400 for malformed Bearer credentials or where the provider says so (RFC 6750 section 3.1)', () => {
    const malformed = verdict('malformed_credentials', new MalformedCredentialsError());
    expect(refusalFor([malformed], true).httpCode).to.equal(400);
    expect(refusalFor([{ ...malformed, credentials: ['x-key'] }], true).httpCode).to.equal(401);
    const twice = verdict('malformed_credentials', new InvalidRequestError());
    expect(refusalFor([twice], false).httpCode).to.equal(400);
  });
});

describe('isFailure and isRefusal', () => {
  const table: [ProviderVerdict, failure: boolean, refusal: boolean][] = [
    ['authenticated', false, false],
    ['no_credentials', false, false],
    ['not_asked', false, false],
    ['throttled', false, false],
    ['bug', true, false],
    ['unavailable', true, false],
    ['deadline_passed', true, false],
    ['bad_credentials', false, true],
    ['inactive', false, true],
    ['malformed_credentials', false, true],
  ];
  for (const [name, failure, refusal] of table) {
    it(`tell ${name} apart`, () => {
      expect([isFailure(name), isRefusal(name)]).to.deep.equal([failure, refusal]);
    });
  }
});
