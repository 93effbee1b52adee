import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Authentication } from '../../../src/core/authentication';
import type { User } from '../../../src/core/user';
import type { UserstoreInterface } from '../../../src/core/userstore';
import { ServiceUnavailableError, TokenInvalidError } from '../../../src/errors';
import { TokenProvider } from '../../../src/providers/token';
import type { VerifiedToken } from '../../../src/tokens/claims';
import { fakeRequest } from '../../support/fake-request';

const NOW = new Date(1_700_000_000_000);
const alice: User = { username: 'alice' };
const verified: VerifiedToken = {
  subject: 'alice',
  id: '1',
  issuedAt: NOW,
  expiresAt: NOW,
  authenticatedAt: NOW,
  methods: ['pwd'],
  scopes: ['read'],
  claims: { sub: 'alice' },
};

describe('TokenProvider with a verifier of the app', () => {
  let asked: unknown[];
  beforeEach(() => {
    asked = [];
  });

  const users: UserstoreInterface = {
    getUser: (name) => {
      asked.push(name);
      return name === 'alice' ? alice : null;
    },
  };
  const authenticate = (answer: () => unknown, store = users): unknown => {
    const provider = new TokenProvider({ verify: answer as () => VerifiedToken });
    return provider.authenticate(fakeRequest({ headers: { authorization: 'Bearer x' } }), store);
  };
  const rejection = (answer: unknown): Promise<unknown> => {
    expect(answer).to.be.instanceOf(Promise);
    return (answer as Promise<unknown>).then(
      () => expect.fail('it did not reject'),
      (error: unknown) => error,
    );
  };

  it('answers at once where verifier and store do', () => {
    const login = authenticate(() => verified);
    expect(login).to.be.instanceOf(Authentication);
    expect(login).to.deep.include({ user: alice, scopes: ['read'], claims: { sub: 'alice' } });
    const nothing = new TokenProvider({ verify: () => verified }).authenticate(fakeRequest(), users);
    expect(nothing).to.equal(null);
  });

  it('awaits what answers later, of any realm, and a store that does', async () => {
    const later: UserstoreInterface = { getUser: (name) => Promise.resolve(users.getUser(name)) };
    const thenable = {
      then: (resolve: (value: unknown) => void) => {
        resolve(verified);
      },
    };
    for (const answer of [
      verified,
      Promise.resolve(verified),
      Promise.resolve(thenable),
      thenable,
      (runInNewContext('(value) => Promise.resolve(value)') as (value: unknown) => unknown)(verified),
    ]) {
      for (const store of [users, later]) {
        expect(await authenticate(() => answer, store)).to.deep.include({ user: alice, scopes: ['read'] });
      }
    }
    expect(asked).to.deep.equal(Array.from({ length: 10 }, () => 'alice'));
  });

  it('rejects with what the verifier throws, at once or later, without asking the store', async () => {
    for (const error of [new TokenInvalidError(), new ServiceUnavailableError(), new Error('bug')]) {
      const throws = (): never => {
        throw error;
      };
      for (const answer of [
        throws,
        () => Promise.reject(error),
        () => ({ then: throws }),
        () => ({ then: (_: unknown, reject: (cause: unknown) => void) => reject(error) }),
        () => Object.defineProperty({}, 'then', { get: throws }),
      ]) {
        expect(await rejection(authenticate(answer))).to.equal(error);
      }
    }
    expect(asked).to.deep.equal([]);
  });

  it('never takes a promise for what it promises, be it dressed up as that', async () => {
    const never = Object.assign(new Promise<VerifiedToken>(() => undefined), verified);
    const answer = authenticate(() => never);
    expect(answer).to.be.instanceOf(Promise);
    const first = await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'waiting'))]);
    expect(first).to.equal('waiting');
    expect(asked).to.deep.equal([]);
  });

  it('refuses what is no VerifiedToken as a fault, without asking the store', async () => {
    const jose = { payload: { sub: 'alice', exp: 1 }, protectedHeader: { alg: 'HS256' } };
    const wrong: unknown[] = [
      undefined,
      null,
      false,
      true,
      '',
      'alice',
      1,
      [],
      {},
      jose,
      jose.payload,
      () => verified,
      ...[
        { subject: undefined },
        { subject: '' },
        { subject: 1 },
        { subject: ['alice'] },
        { subject: Promise.resolve('alice') },
        { issuedAt: undefined },
        { issuedAt: NOW.getTime() },
        { authenticatedAt: undefined },
        { authenticatedAt: new Date(Number.NaN) },
        { expiresAt: undefined },
        { expiresAt: '2100-01-01' },
        { expiresAt: Object.create(NOW) as unknown },
        { acceptedUntil: null },
        { acceptedUntil: 1 },
        { methods: 'pwd' },
        { methods: null },
        { methods: [1] },
        { scopes: 'read' },
        { scopes: null },
        { scopes: [['read']] },
        { scopes: new Set(['read']) },
        { userstore: null },
        { userstore: 1 },
        { stamp: null },
        { stamp: '0' },
        { stamp: Number.NaN },
        { claims: undefined },
        { claims: null },
        { claims: 'sub' },
      ].map((change) => ({ ...verified, ...change })),
    ];
    for (const answer of wrong) {
      for (const given of [answer, Promise.resolve(answer)]) {
        const error = await rejection(authenticate(() => given));
        expect(error).to.be.instanceOf(TypeError);
        expect(String(error)).not.to.include('alice');
      }
    }
    expect(asked).to.deep.equal([]);
  });

  it('takes dates of another realm', () => {
    const foreign = runInNewContext('new Date(1700000000000)') as Date;
    const login = authenticate(() => ({ ...verified, authenticatedAt: foreign, expiresAt: foreign }));
    expect(login).to.be.instanceOf(Authentication);
  });

  it('calls the verifier as its method', () => {
    class Own {
      readonly #answer = verified;
      verify(): VerifiedToken {
        return this.#answer;
      }
    }
    const provider = new TokenProvider(new Own());
    const request = fakeRequest({ headers: { authorization: 'Bearer x' } });
    expect(provider.authenticate(request, users)).to.be.instanceOf(Authentication);
  });
});
