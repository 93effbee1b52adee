/** Whoever looks into a 401 learns from the cause of the error which claim or option to look at, and nothing secret. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import type { Constructor } from '../../src';
import { type AccessTokenOptions, AccessTokenProvider, claimRoles } from '../../src/oidc';
import { DRIVERS } from '../support/drivers';
import { ProofKey, TokenIssuer } from '../support/issued-tokens';
import { reset } from '../support/reset';
import { startApi, store } from '../support/scripted';

const ISSUER = 'https://id.example';
const ORIGIN = 'https://api.example';
const NOW = 1_700_000_000;
const CLAIMS = {
  iss: ISSUER,
  sub: 'u-1',
  aud: 'notes-api',
  iat: NOW,
  exp: NOW + 600,
  client_id: 'canary-client',
};
const USERS = ['u-1', 'inactive'];
const JKT = 'j'.repeat(43);

interface Case {
  readonly claims?: object;
  readonly header?: object;
  readonly options?: Partial<AccessTokenOptions>;
}

/** By what the reason must name. */
const CASES: Readonly<Record<string, readonly [names: string, of: Case][]>> = {
  'of the options': [
    ['iss', { claims: { iss: `${ISSUER}/` } }],
    ['audience', { claims: { aud: 'canary-api' } }],
    ['aud', { claims: { aud: undefined } }],
    ['client_id', { options: { audienceClaim: 'client_id', audience: 'app' } }],
    ['maxAgeSeconds', { options: { maxAgeSeconds: 60 } }],
    ['algorithms', { options: { algorithms: ['ES384', 'RS256'] } }],
    ['option type', { header: { typ: 'JWT' }, options: { type: 'at+jwt' } }],
    ['typ', { header: { typ: 'canary+jwt' } }],
    ['ID token', { header: { typ: 'JWT' }, claims: { nonce: 'canary-nonce' } }],
    ['option dpop', { claims: { cnf: { jkt: JKT } } }],
    ['option mtls', { claims: { cnf: { 'x5t#S256': JKT } } }],
    ['groups', { claims: { groups: 'canary-group' }, options: { roles: claimRoles.claim('groups') } }],
    ['realm_access', { claims: { realm_access: [] }, options: { roles: claimRoles.keycloak() } }],
  ],
  'of the token': [
    ['kid', { header: { kid: 'canary-kid' } }],
    ['exp', { claims: { exp: NOW - 100 } }],
    ['sub', { claims: { sub: undefined } }],
    ['scope', { claims: { scope: ['canary-scope'] } }],
  ],
  'of the users': [
    ['findUser()', { claims: { sub: 'canary-user' } }],
    ['findClient()', { claims: { sub: 'canary-client' } }],
    ['findClient()', { claims: { gty: 'client-credentials' } }],
    ['not active', { claims: { sub: 'inactive' } }],
  ],
};

function notes(): Constructor<object> {
  @JsonController()
  class Notes {
    @Authorized() @Get('/me') me() {
      return 'ok';
    }
  }
  return Notes;
}

for (const driver of DRIVERS) {
  describe(`The reason for which an access token is refused, on ${driver.name}`, () => {
    let issuer: TokenIssuer;
    before(async () => (issuer = await TokenIssuer.create(ISSUER)));
    beforeEach(reset);

    const refusedWith = async (
      headers: Record<string, string>,
      options: Partial<AccessTokenOptions> = {},
    ): Promise<string> => {
      const reasons: string[] = [];
      class Company extends AccessTokenProvider {
        constructor() {
          // A set whose keys are for every algorithm in question, as issuers publish it.
          const jwks = { keys: [...issuer.jwks.keys, ...others] };
          super({ issuer: ISSUER, audience: 'notes-api', keys: { jwks }, ...options });
        }
      }
      const provider: Constructor<AccessTokenProvider> = Company;
      await using api = await startApi(driver, {
        host: { controllers: [notes()] },
        security: {
          providers: [provider],
          userstores: [
            store((username) =>
              USERS.includes(username) ? { username, active: username !== 'inactive' } : null,
            ),
          ],
          clock: () => NOW * 1000,
          onUnauthorized: (_, error) => {
            let reason: unknown = error;
            while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
            reasons.push(reason instanceof Error ? reason.message : '');
            return undefined;
          },
        },
      });
      const reply = await api.get('/me', headers);
      expect([reply.status, reasons.length]).to.deep.equal([401, 1]);
      expect(reply.text + JSON.stringify(reply.headers)).to.not.include(reasons[0]);
      return reasons[0]!;
    };
    const others: Record<string, unknown>[] = [];
    before(async () => others.push(...(await TokenIssuer.create(ISSUER, 'RS256', 'k2')).jwks.keys));

    for (const [whose, cases] of Object.entries(CASES)) {
      it(`names what is to be looked at ${whose}, and quotes nothing of the token`, async () => {
        for (const [name, { claims, header, options }] of cases) {
          const token = await issuer.sign({ ...CLAIMS, ...claims }, { header: { ...header } });
          const reason = await refusedWith({ authorization: `Bearer ${token}` }, options);
          expect(reason).to.include(name).and.to.not.include('canary');
        }
      });
    }

    it('says of what no provider takes where to look', async () => {
      for (const token of ['opaque', await issuer.sign({ ...CLAIMS, iss: 'https://canary.example' })]) {
        const reason = await refusedWith({ authorization: `Bearer ${token}` });
        expect(reason).to.include('iss').and.to.include('introspect').and.to.not.include('canary');
      }
    });

    it('names what is wrong with a proof', async () => {
      const key = await ProofKey.create();
      const token = await issuer.sign({ ...CLAIMS, cnf: { jkt: key.thumbprint } });
      const good = { htm: 'GET', htu: `${ORIGIN}/me`, iat: NOW, jti: 'canary-jti' };
      for (const [name, claims] of [
        ['htm', { htm: 'POST' }],
        ['dpop.origin', { htu: 'https://canary.example/me' }],
        ['dpop.maxAgeSeconds', { iat: NOW - 61 }],
        ['ath', { ath: 'canary' }],
        ['nonce', { nonce: 'canary' }],
      ] as const) {
        const dpop = { origin: ORIGIN, ...(name === 'nonce' && { nonce: { secret: 's'.repeat(32) } }) };
        const proof = await key.prove(token, { ...good, ...claims });
        const reason = await refusedWith({ authorization: `DPoP ${token}`, dpop: proof }, { dpop });
        expect(reason).to.include(name).and.to.not.include('canary');
      }
    });
  });
}
