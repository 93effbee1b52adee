/**
 * What every auth provider must do, whatever credentials it reads. A provider's own test calls
 * `describeAuthProvider` with a factory that sets the provider up and makes its requests.
 */
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authentication } from '../../src/core/authentication';
import type { AuthProviderInterface } from '../../src/core/auth-provider';
import { type Challenge, formatChallenge } from '../../src/core/challenge';
import type { SecurityRequest } from '../../src/core/request';
import { isUser, type User } from '../../src/core/user';
import type { MaybePromise, UserstoreInterface } from '../../src/core/userstore';
import {
  AccountStatusError,
  BadCredentialsError,
  MalformedCredentialsError,
  ServiceUnavailableError,
} from '../../src/errors';
import { fakeRequest } from '../support/fake-request';

/** One provider, ready to be asked. */
export interface AuthProviderSetUp {
  provider: AuthProviderInterface;
  /** The users `alice` and `bob`, active, and `mallory`, inactive; and nobody else. */
  users: readonly User[];
  /** A request with right credentials for the name, as good as can be if there is no such user. */
  requestFor(username: string): MaybePromise<SecurityRequest>;
  /** Requests with the provider's own credentials that are wrong for `alice`, each under what is wrong. */
  wrong: Readonly<Record<string, SecurityRequest>>;
  /** Requests with the provider's own credentials that cannot be read. */
  malformed: Readonly<Record<string, SecurityRequest>>;
  /** Texts in those requests that must never be told on; the Authorization headers need not be named. */
  secrets: readonly string[];
}

/** A store that keeps its users in a map and counts how often it is asked. */
class CountingUserstore implements UserstoreInterface {
  readonly #users: ReadonlyMap<string, User>;
  asked = 0;

  constructor(users: readonly User[]) {
    this.#users = new Map(users.map((user) => [user.username, user]));
  }

  async getUser(identifier: string): Promise<User | null> {
    this.asked += 1;
    return this.#users.get(identifier) ?? null;
  }
}

const FOREIGN: Readonly<Record<string, SecurityRequest>> = {
  'no header at all': fakeRequest(),
  'an empty Authorization': fakeRequest({ headers: { authorization: '' } }),
  'another scheme': fakeRequest({ headers: { authorization: 'Unheard-Of Zm9vOmJhcg==' } }),
  'no scheme': fakeRequest({ headers: { authorization: 'Zm9vOmJhcg==' } }),
  'Proxy-Authorization': fakeRequest({ headers: { 'proxy-authorization': 'Basic Zm9vOmJhcg==' } }),
  'identity headers': fakeRequest({
    headers: { 'x-forwarded-user': 'alice', 'x-remote-user': 'alice', remote_user: 'alice' },
  }),
};

type Outcome = { result: unknown; error?: never } | { error: unknown; result?: never };

async function outcomeOf(
  provider: AuthProviderInterface,
  request: SecurityRequest,
  userstore: UserstoreInterface,
): Promise<Outcome> {
  try {
    return { result: await provider.authenticate(request, userstore) };
  } catch (error) {
    return { error };
  }
}

function userOf(outcome: Outcome): User {
  if (outcome.error !== undefined) expect.fail(`refused: ${inspect(outcome.error)}`);
  const user = outcome.result instanceof Authentication ? (outcome.result.user as unknown) : outcome.result;
  if (!isUser(user)) expect.fail('granted something that is no user');
  return user;
}

/** Declares the suite. The factory is called anew for every test. */
export function describeAuthProvider(name: string, factory: () => MaybePromise<AuthProviderSetUp>): void {
  describe(`${name} as an auth provider`, () => {
    let setUp: AuthProviderSetUp;
    let userstore: CountingUserstore;
    const ask = (request: SecurityRequest, store: UserstoreInterface = userstore) =>
      outcomeOf(setUp.provider, request, store);

    beforeEach(async () => {
      setUp = await factory();
      userstore = new CountingUserstore(setUp.users);
    });

    for (const [what, request] of Object.entries(FOREIGN)) {
      it(`leaves a request with ${what} to others, without asking the store`, async () => {
        const { result, error } = await ask(request);
        expect(error).to.equal(undefined);
        expect(result ?? null).to.equal(null);
        expect(userstore.asked).to.equal(0);
      });
    }

    it('grants the user whose credentials came', async () => {
      for (const username of ['alice', 'bob']) {
        expect(userOf(await ask(await setUp.requestFor(username))).username).to.equal(username);
      }
    });

    it('refuses wrong credentials', async () => {
      expect(setUp.wrong).to.not.be.empty;
      for (const [what, request] of Object.entries(setUp.wrong)) {
        expect((await ask(request)).error, what).to.be.instanceOf(BadCredentialsError);
      }
    });

    it('refuses malformed credentials, without asking the store', async () => {
      expect(setUp.malformed).to.not.be.empty;
      for (const [what, request] of Object.entries(setUp.malformed)) {
        expect((await ask(request)).error, what).to.be.instanceOf(MalformedCredentialsError);
      }
      expect(userstore.asked).to.equal(0);
    });

    it('refuses a user whom the store does not know', async () => {
      expect((await ask(await setUp.requestFor('nobody'))).error).to.be.instanceOf(BadCredentialsError);
    });

    it('refuses when the store answers undefined', async () => {
      const { error } = await ask(await setUp.requestFor('alice'), { getUser: () => undefined });
      expect(error).to.be.instanceOf(BadCredentialsError);
    });

    it('refuses user names that are properties of every object', async () => {
      for (const username of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        const { error } = await ask(await setUp.requestFor(username));
        expect(error, username).to.be.instanceOf(BadCredentialsError);
      }
    });

    it('never grants an inactive user as an active one', async () => {
      const outcome = await ask(await setUp.requestFor('mallory'));
      if (outcome.error === undefined) expect(userOf(outcome).active).to.equal(false);
      else expect(outcome.error).to.be.instanceOf(AccountStatusError);
    });

    it("hands on the store's own error, and no other and no user", async () => {
      for (const thrown of [new ServiceUnavailableError(), new Error('connection lost'), 'text', 0]) {
        for (const getUser of [() => Promise.reject(thrown), () => fail(thrown)]) {
          const outcome = await ask(await setUp.requestFor('alice'), { getUser });
          expect(outcome).to.deep.equal({ error: thrown });
        }
      }
    });

    it('grants nothing that the store returns and that is no user', async () => {
      const broken = [
        true,
        1,
        'alice',
        [],
        {},
        { username: '' },
        { username: 'alice', active: 'no' },
        () => 1,
      ];
      for (const record of broken) {
        const outcome = await ask(await setUp.requestFor('alice'), { getUser: () => record as User });
        if (outcome.error === undefined) expect(outcome.result, inspect(record)).to.equal(record);
        else expect(outcome.error, inspect(record)).to.not.be.instanceOf(BadCredentialsError);
      }
    });

    it('never mixes two users up in 50 authentications at once', async () => {
      const usernames = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'alice' : 'bob'));
      const requests = await Promise.all(usernames.map(async (username) => setUp.requestFor(username)));
      const outcomes = await Promise.all(requests.map((request) => ask(request)));
      expect(outcomes.map((outcome) => userOf(outcome).username)).to.deep.equal(usernames);
    });

    it('tells no credentials in the errors that it throws', async () => {
      const requests = [
        ...Object.values(setUp.wrong),
        ...Object.values(setUp.malformed),
        await setUp.requestFor('nobody'),
        await setUp.requestFor('mallory'),
      ];
      for (const request of requests) {
        const { error } = await ask(request);
        if (error === undefined) continue;
        const told = `${(error as Error).message} ${JSON.stringify(error)} ${inspect(error, { showHidden: true, depth: 9 })}`;
        const credentials = request.header('authorization')?.split(/\s+/)[1] ?? '';
        for (const secret of [...setUp.secrets, ...(credentials === '' ? [] : [credentials])]) {
          expect(told).to.not.include(secret);
        }
      }
    });

    it('has a challenge that can be sent, or none', () => {
      const challenge = setUp.provider.challenge?.(fakeRequest());
      for (const one of challenge === undefined ? [] : challengesIn(challenge)) {
        expect(() => formatChallenge(one)).to.not.throw();
      }
    });

    it('names what it reads in lower case', () => {
      expect(setUp.provider.credential ?? 'authorization').to.match(/^[a-z0-9-]+$/);
    });
  });
}

function fail(thrown: unknown): never {
  throw thrown;
}

function challengesIn(challenge: Challenge | readonly Challenge[]): readonly Challenge[] {
  return Array.isArray(challenge) ? (challenge as readonly Challenge[]) : [challenge as Challenge];
}
