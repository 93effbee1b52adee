/** Tokens in the shape that the documentation of well-known issuers shows, signed here. Names and ids are made up. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { type Authentication, type Constructor, CurrentAuthentication, type User } from '../../src';
import { type AccessToken, type AccessTokenOptions, AccessTokenProvider, claimRoles } from '../../src/oidc';
import { DRIVERS } from '../support/drivers';
import { TokenIssuer } from '../support/issued-tokens';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const NOW = 1_700_000_000;
const TIMES = { iat: NOW - 60, exp: NOW + 3600 };

type Json = Readonly<Record<string, unknown>>;

interface Shape {
  readonly options: Partial<AccessTokenOptions> & Pick<AccessTokenOptions, 'issuer' | 'audience'>;
  readonly header: Json;
  readonly user: Json;
  readonly client: Json;
  /** What the same issuer signs for the app that logs a user in. */
  readonly idToken: Json;
  readonly idHeader?: Json;
  /** The name, the roles and the scopes of the user. */
  readonly expected: readonly [name: string, roles: readonly string[], scopes: readonly string[]];
}

const SHAPES: Readonly<Record<string, Shape>> = {
  Keycloak: {
    options: {
      issuer: 'https://id.example/realms/app',
      audience: 'notes-api',
      roles: claimRoles.keycloak('notes-api'),
    },
    header: { typ: 'JWT' },
    user: {
      sub: '6f9a1e52-53c8-4a4c-9a50-0c1d8e7d9f11',
      typ: 'Bearer',
      azp: 'notes-web',
      aud: ['notes-api', 'account'],
      jti: 'onrtac:1c2d',
      sid: 'a1b2',
      acr: '1',
      auth_time: NOW - 100,
      'allowed-origins': ['https://app.example'],
      realm_access: { roles: ['offline_access', 'editor'] },
      resource_access: { 'notes-api': { roles: ['reader'] }, account: { roles: ['manage-account'] } },
      scope: 'openid profile email notes:read',
      email_verified: true,
      preferred_username: 'ann',
    },
    client: {
      sub: '0b1c2d3e-0000-4000-8000-000000000001',
      typ: 'Bearer',
      azp: 'nightly',
      aud: 'notes-api',
      client_id: 'nightly',
      scope: 'notes:read',
      preferred_username: 'service-account-nightly',
    },
    idToken: { sub: 'x', typ: 'ID', azp: 'notes-web', aud: 'notes-api', nonce: 'n', at_hash: 'h' },
    expected: [
      '6f9a1e52-53c8-4a4c-9a50-0c1d8e7d9f11',
      ['offline_access', 'editor', 'reader'],
      ['openid', 'profile', 'email', 'notes:read'],
    ],
  },
  Auth0: {
    options: {
      issuer: 'https://tenant.auth0.example/',
      audience: 'https://notes.example/api',
      roles: claimRoles.auth0Permissions(),
    },
    header: { typ: 'JWT' },
    user: {
      sub: 'auth0|507f1f77bcf86cd799439011',
      aud: ['https://notes.example/api', 'https://tenant.auth0.example/userinfo'],
      azp: 'my_client_id',
      scope: 'openid read:notes',
      permissions: ['read:notes'],
    },
    client: {
      sub: 'my_client_id@clients',
      aud: 'https://notes.example/api',
      azp: 'my_client_id',
      scope: 'read:notes',
      gty: 'client-credentials',
    },
    idToken: {
      sub: 'auth0|507f1f77bcf86cd799439011',
      aud: 'https://notes.example/api',
      nonce: 'n',
      sid: 's',
    },
    expected: ['auth0|507f1f77bcf86cd799439011', ['read:notes'], ['openid', 'read:notes']],
  },
  'Entra ID': {
    options: {
      issuer: 'https://login.microsoftonline.example/11111111-2222-3333-4444-555555555555/v2.0',
      audience: '66666666-7777-8888-9999-000000000000',
      roles: claimRoles.entra(),
    },
    header: { typ: 'JWT' },
    user: {
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      aud: '66666666-7777-8888-9999-000000000000',
      azp: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      azpacr: '0',
      name: 'Ann Example',
      oid: '00000000-0000-0000-66f3-3332eca7ea81',
      preferred_username: 'ann@example.com',
      rh: '0.x.',
      roles: ['editor'],
      scp: 'Notes.Read Notes.Write',
      tid: '11111111-2222-3333-4444-555555555555',
      uti: 'u',
      ver: '2.0',
    },
    client: {
      sub: '00000000-0000-0000-1111-222222222222',
      oid: '00000000-0000-0000-1111-222222222222',
      aud: '66666666-7777-8888-9999-000000000000',
      azp: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      azpacr: '1',
      idtyp: 'app',
      roles: ['Notes.Read.All'],
      tid: '11111111-2222-3333-4444-555555555555',
      ver: '2.0',
    },
    idToken: { sub: 'x', aud: '66666666-7777-8888-9999-000000000000', nonce: 'n', ver: '2.0' },
    expected: ['AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', ['editor'], ['Notes.Read', 'Notes.Write']],
  },
  Cognito: {
    options: {
      issuer: 'https://cognito-idp.eu-central-1.amazonaws.example/eu-central-1_example',
      audience: ['1example23456789'],
      audienceClaim: 'client_id',
      roles: claimRoles.cognitoGroups(),
    },
    header: { typ: undefined },
    user: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['editor'],
      client_id: '1example23456789',
      origin_jti: 'o',
      event_id: 'e',
      token_use: 'access',
      scope: 'openid phone',
      auth_time: NOW - 100,
      jti: 'j',
      username: 'ann',
    },
    client: {
      sub: '1example23456789',
      token_use: 'access',
      scope: 'notes/read',
      auth_time: NOW - 60,
      jti: 'j',
      client_id: '1example23456789',
    },
    idToken: {
      sub: 'x',
      aud: '1example23456789',
      client_id: '1example23456789',
      token_use: 'id',
      'cognito:username': 'ann',
    },
    expected: ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', ['editor'], ['openid', 'phone']],
  },
  Okta: {
    options: {
      issuer: 'https://org.okta.example/oauth2/default',
      audience: 'api://default',
      roles: claimRoles.claim('groups'),
    },
    header: { typ: undefined },
    user: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      aud: 'api://default',
      cid: 'nmdP1fcyvdVO11AL7ECm',
      uid: '00ujmkLgagxeRrAg20g3',
      scp: ['openid', 'notes.read'],
      auth_time: NOW - 100,
      sub: 'ann@example.com',
      groups: ['editor'],
    },
    client: {
      ver: 1,
      jti: 'AT.1',
      aud: 'api://default',
      cid: 'nmdP1fcyvdVO11AL7ECm',
      scp: ['notes.read'],
      sub: 'nmdP1fcyvdVO11AL7ECm',
    },
    idToken: { sub: 'x', ver: 1, aud: 'api://default', nonce: 'n', at_hash: 'h', amr: ['pwd'], idp: 'i' },
    expected: ['ann@example.com', ['editor'], ['openid', 'notes.read']],
  },
  'RFC 9068': {
    options: {
      issuer: 'https://authorization-server.example/',
      audience: 'https://rs.example/',
      type: 'at+jwt',
    },
    header: { typ: 'at+jwt' },
    user: {
      sub: '5ba552d67',
      aud: 'https://rs.example/',
      client_id: 's6BhdRkqt3',
      jti: 'dbe39bf3a3ba4238a513f51d6e1691c4',
      scope: 'openid profile reademail',
    },
    client: {
      sub: 's6BhdRkqt3',
      aud: 'https://rs.example/',
      client_id: 's6BhdRkqt3',
      jti: 'j',
      scope: 'reademail',
    },
    idToken: { sub: '5ba552d67', aud: 'https://rs.example/', nonce: 'n' },
    idHeader: { typ: 'JWT' },
    expected: ['5ba552d67', [], ['openid', 'profile', 'reademail']],
  },
};

function me(): Constructor<object> {
  @JsonController()
  class Me {
    @Authorized() @Get('/me') me(@CurrentAuthentication() { user, roles, scopes }: Authentication) {
      return [user.username, roles, scopes];
    }
  }
  return Me;
}

for (const driver of DRIVERS) {
  describe(`Tokens of well-known issuers on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [name, shape] of Object.entries(SHAPES)) {
      it(`are taken from ${name}: for users, for clients by findClient() alone, and no ID tokens`, async () => {
        const issuer = await TokenIssuer.create(shape.options.issuer, 'RS256');
        const clients: (string | undefined)[] = [];
        class Company extends AccessTokenProvider {
          constructor() {
            super({ ...shape.options, users: 'claims', keys: { jwks: issuer.jwks } });
          }
          override findClient({ isClient, clientId }: AccessToken): User {
            clients.push(isClient ? clientId : undefined);
            return { username: 'a client' };
          }
        }
        await using api = await startApi(driver, {
          security: { providers: [Company], userstores: [], clock: () => NOW * 1000 },
          host: { controllers: [me()] },
        });
        const send = async (claims: Json, header: Json = shape.header) => {
          const token = await issuer.sign({ iss: shape.options.issuer, ...TIMES, ...claims }, { header });
          return api.get('/me', { authorization: `Bearer ${token}` });
        };
        expect((await send(shape.user)).json()).to.deep.equal(shape.expected);
        expect(clients).to.deep.equal([]);
        // Keycloak's service account, which has a subject of its own, is not told from a user.
        if (name !== 'Keycloak') {
          expect((await send(shape.client)).json()).to.include('a client');
          expect(clients).to.have.length(1);
        }
        expect((await send(shape.idToken, shape.idHeader)).status).to.equal(401);
      });
    }
  });
}
