import { Authentication } from '../../../src/core/authentication';
import type { SecurityRequest } from '../../../src/core/request';
import { TokenProvider } from '../../../src/providers/token';
import { TokenService } from '../../../src/tokens/token-service';
import { describeAuthProvider } from '../../contract/describe-auth-provider';
import { fakeRequest } from '../../support/fake-request';

const NOW = Date.UTC(2026, 0, 1);
const SECRET = 'canary-secret-of-more-than-32-bytes';
const settings = { secret: SECRET, issuer: 'notes', audience: 'notes-api', clock: () => NOW };

const tokens = new TokenService(settings);
const tokenOf = (username: string, service = tokens) =>
  service.issue(new Authentication({ username }, { authenticatedAt: new Date(NOW) })).token;

const bearer = (token: string): SecurityRequest =>
  fakeRequest({ headers: { authorization: `Bearer ${token}` } });

const alice = tokenOf('alice');
const [header, payload, signature] = alice.split('.') as [string, string, string];
const foreign = { otherKey: { secret: 'x'.repeat(32) }, otherAudience: { audience: 'mail-api' } };

describeAuthProvider('TokenProvider', () => ({
  provider: new TokenProvider(tokens),
  users: [{ username: 'alice' }, { username: 'bob', active: true }, { username: 'mallory', active: false }],
  requestFor: (username) => bearer(tokenOf(username)),
  wrong: {
    'another key': bearer(tokenOf('alice', new TokenService({ ...settings, ...foreign.otherKey }))),
    'another audience': bearer(tokenOf('alice', new TokenService({ ...settings, ...foreign.otherAudience }))),
    'an expired token': bearer(
      tokenOf('alice', new TokenService({ ...settings, clock: () => NOW - 86_400_000 })),
    ),
    'no signature': bearer(`${header}.${payload}.`),
    "another token's payload": bearer(`${header}.${tokenOf('bob').split('.')[1]}.${signature}`),
    'the custom header': fakeRequest({ headers: { 'authentication-token': `${alice}x` } }),
  },
  malformed: {
    'nothing after the scheme': bearer(''),
    'a space': bearer(`${alice} canary`),
    'a comma': bearer(`${alice},canary`),
    'a list in the custom header': fakeRequest({ headers: { 'authentication-token': `${alice}, canary` } }),
    'two ways at once': fakeRequest({
      headers: { authorization: `Bearer ${alice}`, 'authentication-token': alice },
    }),
  },
  secrets: ['canary', SECRET, alice, payload, signature],
}));
