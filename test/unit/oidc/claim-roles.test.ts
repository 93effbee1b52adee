import { expect } from 'chai';
import { ConfigurationError, TokenInvalidError } from '../../../src/errors';
import { type ClaimRoles, claimRoles, rolesIn } from '../../../src/oidc/claim-roles';

const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe('claimRoles', () => {
  const read: [what: string, roles: ClaimRoles, claims: Record<string, unknown>, expected: string[]][] = [
    ['roles of a realm', claimRoles.keycloak(), { realm_access: { roles: ['a', 'b'] } }, ['a', 'b']],
    ['no roles of a realm', claimRoles.keycloak(), {}, []],
    ['an empty realm_access', claimRoles.keycloak(), { realm_access: {} }, []],
    [
      'no roles of clients where none is named',
      claimRoles.keycloak(),
      { resource_access: { app: { roles: ['x'] } } },
      [],
    ],
    [
      'roles of a realm and of a client',
      claimRoles.keycloak('app'),
      {
        realm_access: { roles: ['a', 'b'] },
        resource_access: { app: { roles: ['b', 'c'] }, other: { roles: ['x'] } },
      },
      ['a', 'b', 'c'],
    ],
    [
      'no roles of the client',
      claimRoles.keycloak('app'),
      { resource_access: { other: { roles: ['x'] } } },
      [],
    ],
    [
      'no roles of a client with the name of a method',
      claimRoles.keycloak('constructor'),
      { resource_access: {} },
      [],
    ],
    ['roles of Entra ID', claimRoles.entra(), { roles: ['Reader'] }, ['Reader']],
    ['permissions of Auth0', claimRoles.auth0Permissions(), { permissions: ['read:notes'] }, ['read:notes']],
    ['groups of Cognito', claimRoles.cognitoGroups(), { 'cognito:groups': ['staff'] }, ['staff']],
    [
      'any claim',
      claimRoles.claim('https://app.example/roles'),
      { 'https://app.example/roles': ['x'] },
      ['x'],
    ],
    ['an absent claim', claimRoles.claim('groups'), {}, []],
    ['an empty claim', claimRoles.claim('groups'), { groups: [] }, []],
    ['a claim with the name of a method', claimRoles.claim('toString'), {}, []],
    ['a claim that is inherited', claimRoles.entra(), Object.create({ roles: ['admin'] }) as never, []],
    [
      'other claims that are elsewhere',
      claimRoles.claim('groups'),
      { groups: ['a'], _claim_names: { photo: 'src1' } },
      ['a'],
    ],
    ['hasgroups where another claim is read', claimRoles.entra(), { roles: ['a'], hasgroups: true }, ['a']],
    ['hasgroups that is false', claimRoles.claim('groups'), { groups: ['a'], hasgroups: false }, ['a']],
  ];
  for (const [what, roles, claims, expected] of read) {
    it(`reads ${what}`, () => {
      expect(rolesIn(claims, roles)).to.deep.equal(expected);
    });
  }

  const lists: Readonly<Record<string, unknown>> = {
    'a text': 'admin',
    null: null,
    'a number': 1,
    'an object': { 0: 'admin' },
    'a list with null': ['admin', null],
    'a list with a list': [['admin']],
    'a list with an empty text': [''],
  };
  for (const [what, value] of Object.entries(lists)) {
    it(`refuses a token whose roles are ${what}`, () => {
      const malformed: [ClaimRoles, Record<string, unknown>][] = [
        [claimRoles.entra(), { roles: value }],
        [claimRoles.auth0Permissions(), { permissions: value }],
        [claimRoles.cognitoGroups(), { 'cognito:groups': value }],
        [claimRoles.claim('x'), { x: value }],
        [claimRoles.keycloak(), { realm_access: { roles: value } }],
        [claimRoles.keycloak('app'), { resource_access: { app: { roles: value } } }],
      ];
      for (const [roles, claims] of malformed) {
        expect(() => rolesIn(claims, roles), JSON.stringify(claims)).to.throw(TokenInvalidError);
      }
    });
  }

  for (const value of ['admin', null, ['admin'], 1, true]) {
    it(`refuses ${JSON.stringify(value)} in place of an object with roles`, () => {
      for (const claims of [
        { realm_access: value },
        { resource_access: value },
        { resource_access: { app: value } },
      ]) {
        expect(() => rolesIn(claims, claimRoles.keycloak('app'))).to.throw(TokenInvalidError);
      }
    });
  }

  const overage: Record<string, unknown>[] = [
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } },
    { groups: ['a'], _claim_names: { groups: 'src1' } },
    { groups: ['a'], _claim_names: 'groups' },
    { groups: ['a'], _claim_names: null },
    { hasgroups: true },
    { hasgroups: 'true' },
    { groups: ['a'], hasgroups: true },
  ];
  for (const claims of overage) {
    it(`refuses a token that has not all groups: ${JSON.stringify(claims)}`, () => {
      expect(() => rolesIn(claims, claimRoles.claim('groups'))).to.throw(TokenInvalidError);
    });
  }

  it('does not take a __proto__ in a claim for its roles', () => {
    const claims = parsed('{"realm_access":{"__proto__":{"roles":["admin"]}}}');
    expect(rolesIn(claims, claimRoles.keycloak())).to.deep.equal([]);
  });

  it('takes no empty names, and cannot be changed', () => {
    expect(() => claimRoles.claim('')).to.throw(ConfigurationError);
    expect(() => claimRoles.keycloak('')).to.throw(ConfigurationError);
    expect(() => claimRoles.claim(undefined as never)).to.throw(ConfigurationError);
    expect(claimRoles).to.be.frozen;
  });
});

describe('rolesIn', () => {
  it('takes a function of the app, and drops duplicates', () => {
    expect(rolesIn({ a: 1 }, () => ['x', 'y', 'x'])).to.deep.equal(['x', 'y']);
  });

  it('hands on what the function throws', () => {
    const bug = new RangeError('bug');
    expect(() =>
      rolesIn({}, () => {
        throw bug;
      }),
    ).to.throw(bug);
  });

  const wrong: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    null: null,
    'a text': 'admin',
    'a set': new Set(['admin']),
    'a list with a hole': Array(1),
    'a list with undefined': [undefined],
    'an empty name': [''],
    'a promise': Promise.resolve(['admin']),
  };
  for (const [what, value] of Object.entries(wrong)) {
    it(`takes ${what} for a bug`, () => {
      expect(() => rolesIn({}, () => value as never)).to.throw(TypeError);
    });
  }

  it('leaves no rejection of a promise behind', async () => {
    const late = () => Promise.reject(new Error('late')) as never;
    expect(() => rolesIn({}, late)).to.throw(TypeError);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
