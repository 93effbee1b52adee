import { expect } from 'chai';
import { HttpError } from 'routing-controllers';
import { BadCredentialsError, SecurityError, TokenInvalidError } from '../../src/errors';

describe('SecurityError', () => {
  it('keeps its class, name and JSON although HttpError resets the prototype', () => {
    const error = new TokenInvalidError({ cause: new Error('secret') });
    expect(error).to.be.instanceOf(BadCredentialsError).and.instanceOf(SecurityError).and.instanceOf(HttpError);
    expect(error.name).to.equal('TokenInvalidError');
    expect(JSON.parse(JSON.stringify(error))).to.deep.equal({
      name: 'TokenInvalidError',
      code: 'invalid_credentials',
      message: 'Unauthorized User',
    });
    expect(error.stack).to.equal('');
  });
});
