import { expect } from 'chai';
import { Authentication } from '../../../src/core/authentication';
import { BadCredentialsError } from '../../../src/errors';
import { setStepInProvider, stepInProvider } from '../../../src/components/registry';
import { actingAs } from '../../../src/testing';
import { fakeRequest } from '../../support/fake-request';
import { reset } from '../../support/reset';

const USERSTORE = { getUser: () => expect.fail('asked a store') };

function authenticate(headers: Record<string, string>): unknown {
  return stepInProvider()?.authenticate(fakeRequest({ headers }), USERSTORE);
}

describe('actingAs', () => {
  const environment = process.env['NODE_ENV'];

  beforeEach(reset);
  afterEach(() => {
    reset();
    if (environment === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = environment;
  });

  it('installs nothing until it is called', () => {
    expect(stepInProvider()).to.equal(undefined);
  });

  it('makes a request act as the user that was given, and each header as its own', () => {
    const [ann, bob] = [{ username: 'ann' }, new Authentication({ username: 'bob' })];
    const [asAnn, asBob] = [actingAs(ann), actingAs(bob)];
    expect(authenticate(asAnn)).to.equal(ann);
    expect(authenticate(asBob)).to.equal(bob);
    expect(stepInProvider()).to.include({ name: 'actingAs', credential: Object.keys(asAnn)[0] });
  });

  it('leaves other requests to the other providers, and refuses an id that it did not give', () => {
    const [header] = Object.keys(actingAs({ username: 'ann' }));
    expect(authenticate({})).to.equal(null);
    for (const id of ['', 'ann', '0', '__proto__', 'constructor']) {
      expect(() => authenticate({ [header!]: id })).to.throw(BadCredentialsError);
    }
  });

  it('is refused in production', () => {
    process.env['NODE_ENV'] = 'production';
    expect(() => actingAs({ username: 'ann' })).to.throw(Error, 'NODE_ENV=production');
    expect(stepInProvider()).to.equal(undefined);
  });

  it('lets nobody in where the process turned into production afterwards', () => {
    const headers = actingAs({ username: 'ann' });
    process.env['NODE_ENV'] = 'production';
    expect(() => authenticate(headers)).to.throw(Error, 'NODE_ENV=production');
    expect(authenticate({})).to.equal(null);
  });

  it("takes the place of another's step-in provider", () => {
    setStepInProvider({ authenticate: () => null });
    const ann = { username: 'ann' };
    expect(authenticate(actingAs(ann))).to.equal(ann);
  });
});
