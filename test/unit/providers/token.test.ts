import { expect } from 'chai';
import { Authentication, provedLogin } from '../../../src/core/authentication';
import type { User } from '../../../src/core/user';
import { ORIGIN_OF, type UserstoreInterface } from '../../../src/core/userstore';
import {
  ConfigurationError,
  InvalidRequestError,
  MalformedCredentialsError,
  ServiceUnavailableError,
  TokenInvalidError,
} from '../../../src/errors';
import { TokenProvider } from '../../../src/providers/token';
import { TokenService } from '../../../src/tokens/token-service';
import { fakeRequest } from '../../support/fake-request';

const START = 1_700_000_000_500;
let now = START;
const options = {
  secret: 'a secret for tests of thirty-two bytes',
  issuer: 'notes',
  audience: 'notes-api',
  clock: () => now,
};
const tokens = new TokenService(options);
const provider = new TokenProvider(tokens);

function storeOf(...users: User[]): UserstoreInterface & { asked: string[] } {
  const byName = new Map(users.map((user) => [user.username, user]));
  const asked: string[] = [];
  return {
    asked,
    getUser: (name) => {
      asked.push(name);
      return byName.get(name) ?? null;
    },
  };
}

function issue(username = 'alice', loginAt = now): string {
  return tokens.issue(
    new Authentication({ username }, { authenticatedAt: new Date(loginAt), methods: ['pwd'] }),
  ).token;
}

const authenticate = async (headers: Record<string, string>, store: UserstoreInterface): Promise<unknown> =>
  provider.authenticate(fakeRequest({ headers, path: '/?access_token=x.y.z' }), store);

const bearer = (token: string, store: UserstoreInterface): Promise<unknown> =>
  authenticate({ authorization: `Bearer ${token}` }, store);

async function rejection(answer: unknown): Promise<unknown> {
  try {
    await answer;
  } catch (error) {
    return error;
  }
  return expect.fail('it did not reject');
}

describe('TokenProvider', () => {
  const alice: User = { username: 'alice', roles: ['editor'] };

  beforeEach(() => {
    now = START;
  });

  it('authenticates the user of a Bearer token with the login behind it', async () => {
    const token = issue('alice', START - 5000);
    const result = await bearer(token, storeOf(alice));
    expect(result).to.be.instanceOf(Authentication);
    const { user, authenticatedAt, methods, scopes, expiresAt, claims } = result as Authentication;
    expect(user).to.equal(alice);
    expect({ authenticatedAt, methods, scopes, expiresAt }).to.deep.equal({
      authenticatedAt: new Date(START - 5000),
      methods: ['pwd'],
      scopes: undefined,
      expiresAt: new Date(START + 600_000),
    });
    expect(claims).to.include({ sub: 'alice', iss: 'notes' });
  });

  it('authenticates from the Authentication-Token header too', async () => {
    const result = await authenticate({ 'Authentication-Token': issue() }, storeOf(alice));
    expect((result as Authentication).user).to.equal(alice);
  });

  it('reads Authentication-Token beside another scheme', async () => {
    const headers = { authorization: 'Basic YTpi', 'authentication-token': issue() };
    expect(((await authenticate(headers, storeOf(alice))) as Authentication).user).to.equal(alice);
  });

  it('refuses a token of a user of another store, and where the app has several one that names none', async () => {
    const named = (name: string, isOneOfSeveral = true) =>
      Object.assign(storeOf(alice), { [ORIGIN_OF]: () => ({ name, isOneOfSeveral }) });
    const login = provedLogin(
      { authenticatedAt: new Date(now) },
      { user: { ...alice }, source: { kind: 'userstore', name: 'sql' }, home: 'sql', stamp: 0, now },
    );
    const { token } = tokens.issue(login);
    for (const store of [named('sql'), named('sql', false), storeOf(alice)]) {
      expect(((await bearer(token, store)) as Authentication).user).to.equal(alice);
    }
    for (const store of [named('files'), named('files', false)]) {
      expect(await rejection(bearer(token, store))).to.be.instanceOf(TokenInvalidError);
    }
    // Of a login that the app stated itself nobody knows the store.
    expect(((await bearer(issue(), named('files', false))) as Authentication).user).to.equal(alice);
    expect(await rejection(bearer(issue(), named('files')))).to.be.instanceOf(TokenInvalidError);
  });

  it('takes the scheme in any case and nothing but the whole word', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      const result = await authenticate({ authorization: `${scheme} ${issue()}` }, storeOf(alice));
      expect((result as Authentication).user).to.equal(alice);
    }
    for (const authorization of ['XBearer x', 'BearerX x', 'Bearer\tx', 'Bearer\u00a0x', 'Basic YTpi', '']) {
      expect(await authenticate({ authorization }, storeOf(alice))).to.equal(null);
    }
  });

  it('returns null for a token in the query, and reads no body', async () => {
    expect(await authenticate({}, storeOf(alice))).to.equal(null);
  });

  it('refuses a request with two tokens, be they the same', async () => {
    for (const other of [issue(), '', 'x']) {
      const headers = { authorization: `Bearer ${issue()}`, 'authentication-token': other };
      expect(await rejection(authenticate(headers, storeOf(alice)))).to.be.instanceOf(InvalidRequestError);
    }
  });

  for (const token of ['a b', 'a,b', '"a"', 'a\u00a0b', 'Bearer x', 'a=b', '=', 'ä', 'a\n', 'a;b', 'a%20']) {
    it(`refuses ${JSON.stringify(token)}, which no bearer token is, before it is verified`, async () => {
      const store = storeOf(alice);
      expect(await rejection(bearer(token, store))).to.be.instanceOf(InvalidRequestError);
      expect(await rejection(authenticate({ 'authentication-token': token }, store)))
        .to.be.instanceOf(MalformedCredentialsError)
        .and.not.instanceOf(InvalidRequestError);
      expect(store.asked).to.deep.equal([]);
    });
  }

  it('leaves what is a bearer token by RFC 6750 and no JWT of its issuer to others', async () => {
    const foreign = new TokenService({ ...options, issuer: 'https://id.example' });
    const [header, , signature] = issue().split('.');
    const withIssuer = (iss: unknown) =>
      `${header}.${Buffer.from(JSON.stringify({ iss })).toString('base64url')}.${signature}`;
    const tokens = [
      'mF_9.B5f-4.1JqM',
      'dGVzdC10b2tlbg==',
      foreign.issue(new Authentication(alice)).token,
      withIssuer(undefined),
      withIssuer(['notes']),
      `${issue()}.a.b`,
    ];
    for (const token of tokens) expect(await bearer(token, storeOf(alice))).to.equal(null);
    for (const token of [`${issue()}=`, withIssuer('notes')]) {
      expect(await rejection(bearer(token, storeOf(alice)))).to.be.instanceOf(TokenInvalidError);
    }
  });

  it('neither verifies nor asks the store for an empty token', async () => {
    const verifies = new TokenProvider({ verify: () => expect.fail('it was verified') });
    const store = storeOf(alice);
    for (const [headers, error] of [
      [{ authorization: 'Bearer' }, InvalidRequestError],
      [{ authorization: 'Bearer ' }, InvalidRequestError],
      [{ 'authentication-token': '' }, MalformedCredentialsError],
    ] as const) {
      expect(await rejection(verifies.authenticate(fakeRequest({ headers }), store))).to.be.instanceOf(error);
    }
    expect(store.asked).to.deep.equal([]);
  });

  it('loads the user at every request and refuses one that is gone', async () => {
    const users = storeOf(alice);
    const token = issue();
    await bearer(token, users);
    await bearer(token, users);
    expect(users.asked).to.deep.equal(['alice', 'alice']);
    expect(await rejection(bearer(token, storeOf()))).to.be.instanceOf(TokenInvalidError);
    expect(await rejection(bearer(token, { getUser: () => undefined }))).to.be.instanceOf(TokenInvalidError);
  });

  it('hands an inactive user on, for the chain to refuse', async () => {
    const result = await bearer(issue(), storeOf({ ...alice, active: false }));
    expect((result as Authentication).user.active).to.equal(false);
  });

  it('refuses a wrong signature without asking the store', async () => {
    const users = storeOf(alice);
    const [header, payload] = issue().split('.');
    const forged = `${String(header)}.${String(payload)}.${'A'.repeat(43)}`;
    expect(await rejection(bearer(forged, users))).to.be.instanceOf(TokenInvalidError);
    expect(users.asked).to.deep.equal([]);
  });

  it('finds no user by the names of Object.prototype', async () => {
    for (const name of ['__proto__', 'constructor']) {
      expect(await rejection(bearer(issue(name), storeOf(alice)))).to.be.instanceOf(TokenInvalidError);
    }
  });

  describe('and tokensValidFrom', () => {
    const changed = new Date(START);
    const issueFor = (tokensValidFrom: Date | null | undefined): string =>
      tokens.issue(new Authentication({ ...alice, tokensValidFrom }, { authenticatedAt: new Date(now) }))
        .token;

    it('takes a token as long as the user has the value that the login saw, whatever the clocks say', async () => {
      for (const seen of [undefined, null, new Date(0), changed, new Date(START + 5000), new Date(-5)]) {
        const token = issueFor(seen);
        now = START - 3000;
        const users = storeOf({ ...alice, tokensValidFrom: seen ?? null });
        expect(await bearer(token, users)).to.be.instanceOf(Authentication);
        now = START;
      }
    });

    it('refuses it for every other value, an earlier one and none too', async () => {
      const values = [
        undefined,
        new Date(0),
        new Date(-1),
        new Date(START - 1),
        changed,
        new Date(START + 1),
      ];
      for (const seen of values) {
        const token = issueFor(seen);
        for (const present of values.filter((value) => value !== seen)) {
          const users = storeOf({ ...alice, tokensValidFrom: present });
          expect(await rejection(bearer(token, users))).to.be.instanceOf(TokenInvalidError);
        }
      }
    });

    it('holds tokens without a stamp, of versions before, against the time of token and login', async () => {
      const verified = { ...tokens.verify(issue()), stamp: undefined };
      const at = async (issuedAt: number, authenticatedAt: number): Promise<unknown> => {
        const old = { ...verified, issuedAt: new Date(issuedAt), authenticatedAt: new Date(authenticatedAt) };
        const before = new TokenProvider({ verify: () => old });
        const request = fakeRequest({ headers: { authorization: 'Bearer x' } });
        return before.authenticate(request, storeOf({ ...alice, tokensValidFrom: changed }));
      };
      expect(await at(START, START)).to.be.instanceOf(Authentication);
      expect(await rejection(at(START - 1, START - 1))).to.be.instanceOf(TokenInvalidError);
      expect(await rejection(at(START, START - 1))).to.be.instanceOf(TokenInvalidError);
    });
  });

  it('hands on a value that is not a user as it came, for the chain to refuse', async () => {
    for (const user of [
      { name: 'alice' },
      { username: 7 },
      'alice',
      false,
      { ...alice, tokensValidFrom: '2020' },
    ]) {
      const store = { getUser: () => user } as unknown as UserstoreInterface;
      expect(await bearer(issue(), store)).to.equal(user);
    }
  });

  it('lets the errors of the store through', async () => {
    const down = new ServiceUnavailableError();
    const store: UserstoreInterface = { getUser: () => Promise.reject(down) };
    expect(await rejection(bearer(issue(), store))).to.equal(down);
  });

  it('names token as the method where the token names none', async () => {
    const { token } = tokens.issue(new Authentication(alice, { authenticatedAt: new Date(now) }));
    expect(((await bearer(token, storeOf(alice))) as Authentication).methods).to.deep.equal(['token']);
  });

  it('challenges with Bearer and says that it reads Authorization', () => {
    expect(provider.challenge()).to.deep.equal({ scheme: 'Bearer' });
    expect(provider.credential).to.equal('authorization');
  });

  it('refuses to be built without a token service, as by a container', () => {
    class Token extends TokenProvider {}
    for (const argument of [undefined, null, {}, { get: () => undefined }, { verify: true }]) {
      expect(() => new Token(argument as unknown as TokenService)).to.throw(
        ConfigurationError,
        /Token .*TokenService/,
      );
    }
  });
});
