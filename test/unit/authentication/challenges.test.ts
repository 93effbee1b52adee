import { expect } from 'chai';
import { challengeOf } from '../../../src/authentication/challenges';
import type { Challenge } from '../../../src/core/challenge';
import type { ProviderVerdict } from '../../../src/core/events';
import { fakeRequest } from '../../support/fake-request';

const OPTIONS = { realm: 'api', basicChallengeForScripts: true };

function challenge(given: Challenge | undefined, verdict?: ProviderVerdict, options = OPTIONS, headers = {}) {
  const provider = { authenticate: () => null, challenge: () => given };
  return challengeOf(provider, verdict, fakeRequest({ headers }), options);
}

describe('challengeOf', () => {
  it('is undefined for a provider without one', () => {
    expect(challenge(undefined)).to.equal(undefined);
    expect(challengeOf({ authenticate: () => null }, undefined, fakeRequest(), OPTIONS)).to.equal(undefined);
  });

  const table: [Challenge, ProviderVerdict | undefined, string][] = [
    [
      { scheme: 'Basic', params: { charset: 'UTF-8' } },
      'bad_credentials',
      'Basic realm="api", charset="UTF-8"',
    ],
    [{ scheme: 'Basic', params: { realm: 'own' } }, undefined, 'Basic realm="own"'],
    [{ scheme: 'Negotiate' }, undefined, 'Negotiate'],
    [{ scheme: 'NTLM' }, undefined, 'NTLM'],
    [{ scheme: 'Bearer' }, undefined, 'Bearer realm="api"'],
    [{ scheme: 'Bearer' }, 'no_credentials', 'Bearer realm="api"'],
    [{ scheme: 'bearer' }, 'bad_credentials', 'bearer realm="api", error="invalid_token"'],
    [{ scheme: 'Bearer' }, 'inactive', 'Bearer realm="api", error="invalid_token"'],
    [{ scheme: 'Bearer', params: { scope: 'a' } }, 'not_asked', 'Bearer realm="api", scope="a"'],
  ];
  for (const [given, verdict, expected] of table) {
    it(`is ${expected} for ${given.scheme} after ${verdict ?? 'nothing'} (RFC 6750 section 3)`, () => {
      expect(challenge(given, verdict)).to.equal(expected);
    });
  }

  it('says invalid_request to a Bearer header, whose reply is 400, and invalid_token to another (RFC 6750 section 3.1)', () => {
    const after = (headers: Record<string, string>) =>
      challenge({ scheme: 'Bearer' }, 'malformed_credentials', OPTIONS, headers);
    expect(after({ authorization: 'bearer a b' })).to.equal('Bearer realm="api", error="invalid_request"');
    expect(after({ authorization: 'Basic x' })).to.equal('Bearer realm="api", error="invalid_token"');
    expect(after({ 'authentication-token': 'a, b' })).to.equal('Bearer realm="api", error="invalid_token"');
  });

  it('escapes the realm (RFC 9110 section 5.6.4)', () => {
    const options = { ...OPTIONS, realm: 'the "api"' };
    expect(challenge({ scheme: 'Basic' }, undefined, options)).to.equal('Basic realm="the \\"api\\""');
  });

  it('keeps Basic, and only Basic, from scripts where it is so configured', () => {
    const quiet = { ...OPTIONS, basicChallengeForScripts: false };
    const script = { 'X-Requested-With': 'xmlhttprequest' };
    expect(challenge({ scheme: 'BASIC' }, undefined, quiet, script)).to.equal(undefined);
    expect(challenge({ scheme: 'Bearer' }, undefined, quiet, script)).to.equal('Bearer realm="api"');
    expect(challenge({ scheme: 'Basic' }, undefined, quiet)).to.equal('Basic realm="api"');
    expect(challenge({ scheme: 'Basic' }, undefined, OPTIONS, script)).to.equal('Basic realm="api"');
  });
});
