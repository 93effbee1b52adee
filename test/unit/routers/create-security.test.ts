import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { createSecurity } from '../../../src/routers';

describe('createSecurity() of securest/routers', () => {
  for (const options of [{ default: 'authenticated' }, { early: true }] as const) {
    it(`refuses ${JSON.stringify(options)}, which would protect nothing`, () => {
      expect(() => createSecurity(options)).to.throw(ConfigurationError, 'protects controllers only');
    });
  }

  it('takes the same options where they say nothing', () => {
    expect(() => createSecurity({ default: 'public', early: false })).not.to.throw();
  });
});
