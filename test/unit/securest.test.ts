import { expect } from 'chai';
import { ConfigurationError } from '../../src/errors';
import {
  authorizationChecker,
  createSecurity,
  currentUserChecker,
  securest,
  type SecurestOptions,
} from '../../src/securest';
import { reset } from '../support/reset';

describe('securest', () => {
  beforeEach(reset);

  it("adds the two checkers and keeps the app's other options", () => {
    const options = { routePrefix: '/api', cors: true, controllers: [] };
    const secured = securest({ ...options, security: {} });
    expect(secured).to.include(options);
    expect(secured).to.not.have.property('security');
    expect(secured.authorizationChecker).to.be.a('function');
    expect(secured.currentUserChecker).to.be.a('function');
  });

  it('changes no options that it is given', () => {
    const options = Object.freeze({ controllers: [] });
    expect(securest(options)).to.not.equal(options);
    expect(Object.keys(options)).to.deep.equal(['controllers']);
  });

  it('leaves options that are secured already as they are, also with another prefix', () => {
    const once = securest({ routePrefix: '/a', security: { realm: 'a' } });
    const twice = securest({ ...securest(once), routePrefix: '/b' });
    expect(twice).to.deep.equal({ ...once, routePrefix: '/b' });
  });

  it('secures anew where security is given again', () => {
    const once = securest({ security: { realm: 'a' } });
    const again = securest({ ...once, security: { realm: 'b' } });
    expect(again.authorizationChecker).to.not.equal(once.authorizationChecker);
    expect(again.currentUserChecker).to.not.equal(once.currentUserChecker);
  });

  it("refuses an app's own checkers", () => {
    const own = { authorizationChecker: () => true, currentUserChecker: () => ({}) };
    for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
      expect(() => securest({ [name]: own[name] })).to.throw(ConfigurationError, name);
    }
  });

  it('takes no security options in secure(), where they would be lost', () => {
    const options: SecurestOptions = { security: { default: 'authenticated' } };
    expect(() => createSecurity().secure(options)).to.throw(ConfigurationError, 'createSecurity()');
  });

  it('refuses invalid options at once', () => {
    for (const security of [null, true, { realm: '' }, { unknown: 1 }]) {
      expect(() => securest({ security: security as never })).to.throw(ConfigurationError, /^security: /);
    }
  });

  it('makes instances that share no checker, neither with each other nor with the bare pair', () => {
    const [first, second] = [createSecurity(), createSecurity()];
    const checkers = [first, second].flatMap((one) => [one.authorizationChecker, one.currentUserChecker]);
    expect(new Set([...checkers, authorizationChecker, currentUserChecker])).to.have.lengthOf(6);
    expect(first.secure({})).to.deep.equal({
      authorizationChecker: first.authorizationChecker,
      currentUserChecker: first.currentUserChecker,
    });
  });

  it('fails closed when its checkers are called by a host that it did not compile', async () => {
    const { authorizationChecker: check, currentUserChecker: load } = createSecurity({
      logger: { info() {}, warn() {}, error() {} },
    });
    const action = { request: {}, response: {} };
    for (const roles of [[], ['admin'], [{}], [{ levels: [] }]]) {
      const thrown: unknown = await Promise.resolve(check(action, roles)).catch((error: unknown) => error);
      expect(thrown).to.include({ code: 'security_error', httpCode: 500 });
    }
    const thrown: unknown = await Promise.resolve(load(action)).catch((error: unknown) => error);
    expect(thrown).to.include({ code: 'security_error', httpCode: 500 });
  });
});
