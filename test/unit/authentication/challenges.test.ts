import { expect } from 'chai';
import { Challenges } from '../../../src/authentication/challenges';
import type { AuthProviderInterface } from '../../../src/core/auth-provider';
import type { Challenge } from '../../../src/core/challenge';
import type { ProviderVerdict } from '../../../src/core/events';
import {
  AuthenticationRequiredError,
  BadCredentialsError,
  InsufficientScopeError,
  type SecurityError,
  StepUpRequiredError,
} from '../../../src/errors';
import { fakeRequest } from '../../support/fake-request';

const OPTIONS = {
  realm: 'api',
  basicChallengeForScripts: true,
  metadataUrl: undefined as string | undefined,
};

interface Given {
  challenge?: Challenge | readonly Challenge[] | undefined;
  verdict?: ProviderVerdict;
  schemes?: readonly string[];
}

interface Asked {
  options?: typeof OPTIONS;
  headers?: Record<string, string>;
  error?: SecurityError;
  scopes?: readonly string[];
  grantedBy?: string;
}

function setUp(providers: readonly Given[], asked: Asked = {}) {
  const faults: string[] = [];
  const links = providers.map(({ challenge, schemes }, index) => {
    const provider: AuthProviderInterface = {
      authenticate: () => null,
      challenge: () => challenge,
      ...(schemes && { schemes }),
    };
    return { name: `P${String(index)}`, get: () => provider };
  });
  const challenges = new Challenges(
    () => links,
    asked.options ?? OPTIONS,
    (name) => faults.push(name),
  );
  const refused = {
    request: fakeRequest({ headers: asked.headers ?? {} }),
    error: asked.error ?? new AuthenticationRequiredError(),
    verdicts: providers.flatMap(({ verdict }, index) =>
      verdict === undefined ? [] : [{ provider: `P${String(index)}`, verdict }],
    ),
    scopes: asked.scopes ?? [],
    grantedBy: asked.grantedBy,
  };
  return { challenges, refused, faults };
}

function all(providers: readonly Given[], asked: Asked = {}): string[] {
  const { challenges, refused } = setUp(providers, asked);
  return challenges.all(refused);
}

const one = (challenge: Challenge, verdict?: ProviderVerdict, asked: Asked = {}): string[] =>
  all([{ challenge, ...(verdict && { verdict }) }], asked);
const BEARER = { authorization: 'Bearer x' };
const BASIC_OFFER: Given = { challenge: { scheme: 'Basic', params: { charset: 'UTF-8' } } };

describe('Challenges', () => {
  it('are none for a provider without one', () => {
    expect(all([{}])).to.deep.equal([]);
    expect(all([{ challenge: [] }])).to.deep.equal([]);
  });

  const table: [Challenge, ProviderVerdict | undefined, string][] = [
    [BASIC_OFFER.challenge as Challenge, 'bad_credentials', 'Basic realm="api", charset="UTF-8"'],
    [{ scheme: 'Basic', params: { realm: 'own' } }, undefined, 'Basic realm="own"'],
    [{ scheme: 'Negotiate' }, undefined, 'Negotiate'],
    [{ scheme: 'NTLM' }, undefined, 'NTLM'],
    [{ scheme: 'Bearer' }, undefined, 'Bearer realm="api"'],
    [{ scheme: 'Bearer' }, 'no_credentials', 'Bearer realm="api"'],
    [{ scheme: 'bearer' }, 'bad_credentials', 'bearer realm="api", error="invalid_token"'],
    [{ scheme: 'Bearer' }, 'not_mine', 'Bearer realm="api", error="invalid_token"'],
    [{ scheme: 'Bearer' }, 'inactive', 'Bearer realm="api", error="invalid_token"'],
    [{ scheme: 'Bearer' }, 'malformed_credentials', 'Bearer realm="api", error="invalid_request"'],
    [{ scheme: 'Bearer' }, 'unavailable', 'Bearer realm="api"'],
    [{ scheme: 'Bearer', params: { scope: 'a' } }, 'not_asked', 'Bearer realm="api", scope="a"'],
  ];
  for (const [given, verdict, expected] of table) {
    it(`are ${expected} for ${given.scheme} after ${verdict ?? 'nothing'} (RFC 6750 section 3)`, () => {
      expect(one(given, verdict, { headers: BEARER })).to.deep.equal([expected]);
    });
  }

  it('are one for each scheme, Bearer first, then in the order of the providers', () => {
    const providers: Given[] = [
      BASIC_OFFER,
      { challenge: { scheme: 'Negotiate' } },
      {
        challenge: [
          { scheme: 'DPoP', params: { algs: 'ES256' } },
          { scheme: 'Bearer', params: { a: '1' } },
        ],
      },
      { challenge: { scheme: 'BEARER', params: { a: '2', b: '2' } } },
    ];
    expect(all(providers)).to.deep.equal([
      'Bearer realm="api", a="1", b="2"',
      'Basic realm="api", charset="UTF-8"',
      'Negotiate',
      'DPoP realm="api", algs="ES256"',
    ]);
  });

  it('say what is wrong at the scheme that the request used, or at DPoP where that is not offered', () => {
    const bound: Given = {
      challenge: { scheme: 'DPoP', params: { algs: 'ES256' } },
      verdict: 'bad_credentials',
    };
    const both: Given = { ...bound, challenge: [{ scheme: 'Bearer' }, { scheme: 'DPoP' }] };
    const error = new BadCredentialsError({ challenge: { error: 'invalid_dpop_proof' } });
    expect(all([both], { headers: { authorization: 'DPoP x' }, error })).to.deep.equal([
      'Bearer realm="api"',
      'DPoP realm="api", error="invalid_dpop_proof"',
    ]);
    expect(all([both], { headers: BEARER })).to.deep.equal([
      'Bearer realm="api", error="invalid_token"',
      'DPoP realm="api"',
    ]);
    expect(all([bound], { headers: BEARER })).to.deep.equal([
      'DPoP realm="api", algs="ES256", error="invalid_token"',
    ]);
    expect(all([both], { headers: { 'x-token': 'x' } })).to.deep.equal([
      'Bearer realm="api", error="invalid_token"',
      'DPoP realm="api"',
    ]);
  });

  it('take the error of the most severe verdict of the scheme, and parameters of that which answers', () => {
    const token: Given = { challenge: { scheme: 'Bearer' }, verdict: 'not_mine' };
    const other: Given = { challenge: { scheme: 'Bearer' }, verdict: 'malformed_credentials' };
    expect(all([token, other], { headers: BEARER })).to.deep.equal([
      'Bearer realm="api", error="invalid_request"',
    ]);
    const error = new BadCredentialsError({ challenge: { error: 'invalid_key', scope: 'a\nb' } });
    const key: Given = { verdict: 'bad_credentials' };
    expect(all([key, token], { headers: BEARER, error })).to.deep.equal([
      'Bearer realm="api", error="invalid_token"',
    ]);
  });

  it('say invalid_request to a Bearer header, whose reply is 400, and invalid_token to another (RFC 6750 section 3.1)', () => {
    const after = (headers: Record<string, string>) =>
      one({ scheme: 'Bearer' }, 'malformed_credentials', { headers });
    expect(after({ authorization: 'bearer a b' })).to.deep.equal([
      'Bearer realm="api", error="invalid_request"',
    ]);
    expect(after({ authorization: 'Basic x', 'authentication-token': 'a, b' })).to.deep.equal([
      'Bearer realm="api", error="invalid_token"',
    ]);
  });

  it('tell clients of tokens the scopes of the route and where the metadata is (RFC 9728 section 5.1)', () => {
    const options = { ...OPTIONS, metadataUrl: 'https://api.example/.well-known/oauth-protected-resource' };
    expect(
      all([BASIC_OFFER, { challenge: { scheme: 'Bearer' } }], { options, scopes: ['a', 'b'] }),
    ).to.deep.equal([
      'Bearer realm="api", scope="a b", resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
      'Basic realm="api", charset="UTF-8"',
    ]);
  });

  it('escape the realm (RFC 9110 section 5.6.4)', () => {
    const options = { ...OPTIONS, realm: 'the "api"' };
    expect(one({ scheme: 'Basic' }, undefined, { options })).to.deep.equal(['Basic realm="the \\"api\\""']);
  });

  it('keep Basic, and only Basic, from scripts where it is so configured', () => {
    const options = { ...OPTIONS, basicChallengeForScripts: false };
    const headers = { 'X-Requested-With': 'xmlhttprequest' };
    expect(one({ scheme: 'BASIC' }, undefined, { options, headers })).to.deep.equal([]);
    expect(one({ scheme: 'Bearer' }, undefined, { options, headers })).to.deep.equal(['Bearer realm="api"']);
    expect(one({ scheme: 'Basic' }, undefined, { options })).to.deep.equal(['Basic realm="api"']);
    expect(one({ scheme: 'Basic' }, undefined, { headers })).to.deep.equal(['Basic realm="api"']);
    for (const [destination, isShown] of [
      ...(['document', 'iframe', 'frame'] as const).map((name) => [name, true] as const),
      ...(['empty', 'image', 'script', 'object', ''] as const).map((name) => [name, false] as const),
    ]) {
      const sent = { 'Sec-Fetch-Dest': destination };
      const expected = isShown ? ['Basic realm="api"'] : [];
      expect(one({ scheme: 'Basic' }, undefined, { options, headers: sent }), destination).to.deep.equal(
        expected,
      );
      expect(one({ scheme: 'Basic' }, undefined, { headers: sent })).to.deep.equal(['Basic realm="api"']);
    }
  });

  describe('for a login that lacks something', () => {
    const TOKENS: Given = { challenge: { scheme: 'Bearer' }, schemes: ['bearer', 'dpop'] };
    const ofToken = (asked: Asked, providers: readonly Given[] = [TOKENS]): string | undefined => {
      const { challenges, refused } = setUp(providers, { grantedBy: 'P0', headers: BEARER, ...asked });
      return challenges.ofToken(refused);
    };

    it('are one, of the scheme that the request used (RFC 6750 section 3.1)', () => {
      const error = new InsufficientScopeError(['notes:read', 'notes:write']);
      expect(ofToken({ error, scopes: ['others'] })).to.equal(
        'Bearer realm="api", error="insufficient_scope", scope="notes:read notes:write"',
      );
      expect(ofToken({ error, headers: { authorization: 'DPoP x' } })).to.match(/^DPoP realm="api", error=/);
      expect(ofToken({ error, headers: { 'authentication-token': 'x' } })).to.match(/^Bearer /);
    });

    it('say how old and how strong the login must be (RFC 9470 section 3)', () => {
      const error = new StepUpRequiredError({ maxAgeSeconds: 300, acr: ['a', 'b'], scopes: ['s'] });
      expect(ofToken({ error })).to.equal(
        'Bearer realm="api", error="insufficient_user_authentication", scope="s", max_age="300", acr_values="a b"',
      );
    });

    it('are none for a login by anything but a token', () => {
      const error = new InsufficientScopeError(['a']);
      expect(ofToken({ error, headers: { authorization: 'Basic x' } })).to.equal(undefined);
      expect(ofToken({ error, headers: {} })).to.equal(undefined);
      expect(ofToken({ error }, [{ challenge: { scheme: 'Basic' }, schemes: ['basic'] }])).to.equal(
        undefined,
      );
      expect(ofToken({ error }, [{ challenge: { scheme: 'Bearer' } }])).to.equal(undefined);
      expect(ofToken({ error, grantedBy: 'nobody' })).to.equal(undefined);
    });
  });
});
