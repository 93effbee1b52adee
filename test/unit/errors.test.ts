import { inspect } from 'node:util';
import { expect } from 'chai';
import { HttpError } from 'routing-controllers';
import {
  AccessDeniedError,
  AccountStatusError,
  AuthenticationRequiredError,
  BadCredentialsError,
  ConfigurationError,
  CrossSiteError,
  HttpsRequiredError,
  InvalidRequestError,
  MalformedCredentialsError,
  SecurityError,
  SecurityFaultError,
  ServiceUnavailableError,
  ThrottledError,
  TokenInvalidError,
} from '../../src/errors';

describe('SecurityError', () => {
  it('keeps its class, name and JSON although HttpError resets the prototype', () => {
    const error = new TokenInvalidError({ cause: new Error('secret') });
    expect(error)
      .to.be.instanceOf(BadCredentialsError)
      .and.instanceOf(SecurityError)
      .and.instanceOf(HttpError);
    expect(error.name).to.equal('TokenInvalidError');
    expect(JSON.parse(JSON.stringify(error))).to.deep.equal({
      name: 'TokenInvalidError',
      code: 'invalid_credentials',
      message: 'Unauthorized User',
    });
    expect(error.stack).to.equal('');
  });

  const family: [new (options?: object) => SecurityError, number, string, string][] = [
    [AuthenticationRequiredError, 401, 'authentication_required', 'Unauthorized User'],
    [BadCredentialsError, 401, 'invalid_credentials', 'Unauthorized User'],
    [TokenInvalidError, 401, 'invalid_credentials', 'Unauthorized User'],
    [AccountStatusError, 401, 'invalid_credentials', 'Unauthorized User'],
    [MalformedCredentialsError, 401, 'malformed_credentials', 'Unauthorized User'],
    [InvalidRequestError, 400, 'invalid_request', 'Malformed Credentials'],
    [AccessDeniedError, 403, 'access_denied', 'Access Denied'],
    [CrossSiteError, 403, 'cross_site', 'Access Denied'],
    [HttpsRequiredError, 403, 'https_required', 'Access Denied'],
    [ThrottledError, 429, 'too_many_attempts', 'Too Many Attempts'],
    [ServiceUnavailableError, 503, 'authentication_unavailable', 'Authentication Unavailable'],
    [SecurityFaultError, 500, 'security_error', 'Security Error'],
  ];
  for (const [Class, status, code, message] of family) {
    it(`${Class.name} is ${status} ${code} and shows nothing else`, () => {
      const cause = new Error('canary');
      const error = new Class({ cause, retryAfterSeconds: 7 });
      expect(error).to.be.instanceOf(Class);
      expect(error).to.include({ httpCode: status, status, expose: true, cause });
      expect(JSON.parse(JSON.stringify(error))).to.deep.equal({ name: Class.name, code, message });
      expect(Object.keys(error)).to.have.members(['httpCode', 'code', 'message']);
      expect(inspect({ ...error })).to.not.contain('canary');
    });
  }

  it('is 400 for credentials whose own scheme asks for it', () => {
    const error = new MalformedCredentialsError({}, 400);
    expect(error).to.include({ httpCode: 400, message: 'Malformed Credentials' });
  });

  it('gives each error headers of its own', () => {
    const [first, second] = [new BadCredentialsError(), new BadCredentialsError()];
    first.headers['X-A'] = '1';
    expect(second.headers).to.deep.equal({});
  });
});

describe('retryAfterSeconds', () => {
  const table: [number | undefined, number][] = [
    [1, 1],
    [0.2, 1],
    [1.2, 2],
    [0, 1],
    [-5, 1],
    [1e9, 86_400],
  ];
  for (const [given, expected] of table) {
    it(`is ${expected} when ${String(given)} is given`, () => {
      const options = given === undefined ? {} : { retryAfterSeconds: given };
      expect(new ThrottledError(options).retryAfterSeconds).to.equal(expected);
      expect(new ServiceUnavailableError(options).retryAfterSeconds).to.equal(expected);
    });
  }

  it('has a default, also for a value that is not a number of seconds', () => {
    for (const retryAfterSeconds of [NaN, Infinity]) {
      expect(new ThrottledError({ retryAfterSeconds }).retryAfterSeconds).to.equal(60);
      expect(new ServiceUnavailableError({ retryAfterSeconds }).retryAfterSeconds).to.equal(5);
    }
    expect(new ThrottledError().retryAfterSeconds).to.equal(60);
    expect(new ServiceUnavailableError().retryAfterSeconds).to.equal(5);
  });
});

describe('ConfigurationError', () => {
  it('is no HTTP error: it is thrown at start', () => {
    const error = new ConfigurationError('two providers', { cause: 1 });
    expect(error).to.not.be.instanceOf(HttpError);
    expect(error).to.include({
      name: 'ConfigurationError',
      code: 'invalid_configuration',
      message: 'two providers',
      cause: 1,
    });
  });
});
