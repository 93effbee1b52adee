import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { MemoryState, SessionService } from '../../../src';
import { oidcLoginController, type OidcLoginControllerOptions } from '../../../src/oidc';
import { reset } from '../../support/reset';

class Sessions extends SessionService {
  constructor() {
    super({ state: new MemoryState() });
  }
}

const GOOD: OidcLoginControllerOptions = {
  sessions: Sessions,
  issuer: 'https://id.example',
  clientId: 'notes',
  clientSecret: 'a secret',
  baseUrl: 'https://app.example',
  user: () => undefined,
};
const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });

describe('The options of oidcLoginController', () => {
  beforeEach(reset);

  const faultOf = (options: object): string => {
    try {
      oidcLoginController({ ...GOOD, ...options });
    } catch (error) {
      expect(error).to.have.property('code', 'invalid_configuration');
      return (error as Error).message;
    }
    return '';
  };

  it('are taken where they are right', () => {
    const jwk = { ...ec('P-256'), alg: 'ES256', kid: 'one' };
    for (const options of [
      {},
      { clientSecret: undefined, privateKey: jwk },
      { baseUrl: 'https://app.example/', path: '/login/company', scope: 'openid email', maxOpenLogins: 10 },
      { issuer: 'http://127.0.0.1:8080/realms/a', baseUrl: 'http://localhost:3000', timeoutSeconds: 30 },
    ]) {
      expect(faultOf(options), inspect(Object.keys(options))).to.equal('');
    }
  });

  it('are refused where they are wrong, and never quoted', () => {
    const cases: [string, object][] = [
      ['sessions', { sessions: undefined }],
      ['issuer', { issuer: 'http://id.example' }],
      ['issuer', { issuer: 'https://id.example?x=1' }],
      ['clientId', { clientId: '' }],
      ['clientSecret', { clientSecret: undefined }],
      ['clientSecret', { clientSecret: '' }],
      ['privateKey', { privateKey: { ...ec('P-256'), alg: 'ES256', kid: 'one' } }],
      ['privateKey', { clientSecret: undefined, privateKey: { ...ec('P-256'), kid: 'one' } }],
      ['privateKey', { clientSecret: undefined, privateKey: { ...ec('P-256'), alg: 'ES256' } }],
      ['privateKey', { clientSecret: undefined, privateKey: { ...ec('P-256'), alg: 'ES384', kid: 'one' } }],
      ['privateKey', { clientSecret: undefined, privateKey: { ...ec('P-256'), alg: 'HS256', kid: 'one' } }],
      [
        'privateKey',
        { clientSecret: undefined, privateKey: { ...ec('P-256'), d: undefined, alg: 'ES256', kid: 'one' } },
      ],
      [
        'privateKey',
        { clientSecret: undefined, privateKey: { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'one' } },
      ],
      ['baseUrl', { baseUrl: undefined }],
      ['baseUrl', { baseUrl: 'http://app.example' }],
      ['baseUrl', { baseUrl: 'https://user@app.example' }],
      ['user', { user: 'ann' }],
      ['path', { path: 'oidc' }],
      ['path', { path: '/:tenant' }],
      ['scope', { scope: 'email' }],
      ['scope', { scope: 'openid  email' }],
      ['algorithms', { algorithms: [] }],
      ['algorithms', { algorithms: ['HS256'] }],
      ['algorithms', { algorithms: ['none'] }],
      ['trustAmr', { trustAmr: 'yes' }],
      ['secondFactors', { secondFactors: ['otp'] }],
      ['logout', { logout: 'nowhere' }],
      ['backchannel', { backchannel: 1 }],
      ['maxOpenLogins', { maxOpenLogins: 0 }],
      ['maxOpenLogins', { maxOpenLogins: 11 }],
      ['timeoutSeconds', { timeoutSeconds: 31 }],
      ['clockToleranceSeconds', { clockToleranceSeconds: 61 }],
      ['clock', { clock: 5 }],
      ['trustAMR', { trustAMR: true }],
    ];
    for (const [name, options] of cases) {
      const fault = faultOf(options);
      expect(fault, name).to.contain(name);
      for (const value of [
        'a secret',
        ...Object.values((options as { privateKey?: object }).privateKey ?? {}),
      ]) {
        if (String(value).length > 10) expect(fault).not.to.contain(String(value));
      }
    }
  });
});
