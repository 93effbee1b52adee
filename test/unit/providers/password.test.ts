import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Container } from 'typedi';
import { Authentication } from '../../../src/core/authentication';
import { formatChallenge } from '../../../src/core/challenge';
import { listenForProblems, type Problem } from '../../../src/core/events';
import type { SecurityRequest } from '../../../src/core/request';
import type { User } from '../../../src/core/user';
import type { UserstoreInterface } from '../../../src/core/userstore';
import {
  AccountStatusError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../../src/errors';
import { Passwords, passwords } from '../../../src/passwords/passwords';
import { PasswordProvider } from '../../../src/providers/password';
import { describeAuthProvider } from '../../contract/describe-auth-provider';
import { cheapPasswords, hasherWith } from '../../support/hashers';
import { fakeRequest, type FakeRequestOptions } from '../../support/fake-request';

const HASH = hashSync('open sesame', 4);
const BOMB = '$2b$16$CCCCCCCCCCCCCCCCCCCCC.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const STORED_COST = '$2b$04$';

function login(text: string, options: FakeRequestOptions = {}): SecurityRequest {
  const authorization = `Basic ${Buffer.from(text).toString('base64')}`;
  return fakeRequest({ ...options, headers: { authorization } });
}

function storeOf(...users: User[]): UserstoreInterface & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    getUser: (identifier) => {
      asked.push(identifier);
      return users.find((user) => user.username === identifier);
    },
  };
}

/** Writes down every verification by its cost, and answers as told in place of hashing. */
class RecordingProvider extends PasswordProvider {
  readonly costs: string[] = [];
  answer = false;
  protected override readonly hasher = hasherWith({
    hash: () => expect.fail('nothing is hashed at login'),
    verify: async (_password, hash) => {
      this.costs.push(hash.slice(0, 7));
      return this.answer;
    },
  });
}

async function rejection(answer: unknown): Promise<unknown> {
  return Promise.resolve(answer).then(
    () => expect.fail('was not refused'),
    (error: unknown) => error,
  );
}

function problemsOf(request: SecurityRequest): Problem[] {
  const problems: Problem[] = [];
  listenForProblems(request, (problem) => problems.push(problem));
  return problems;
}

describeAuthProvider('PasswordProvider', () => ({
  provider: new PasswordProvider({ passwords: cheapPasswords }),
  users: [
    { username: 'alice', password: HASH },
    { username: 'bob', password: HASH, active: true },
    { username: 'mallory', password: HASH, active: false },
  ],
  requestFor: (username) => login(`${username}:open sesame`),
  wrong: {
    'another password': login('alice:canary'),
    'the password in another case': login('alice:Open Sesame'),
    'a trailing space': login('alice:open sesame '),
    'the hash as the password': login(`alice:${HASH}`),
    'a user name in another case': login('Alice:open sesame'),
    'more than 72 bytes': login(`alice:${'canary'.repeat(20)}`),
  },
  malformed: {
    'no credentials': fakeRequest({ headers: { authorization: 'Basic' } }),
    'no base64': fakeRequest({ headers: { authorization: 'Basic canary!' } }),
    'no colon': login('canary'),
    'no password': login('alice:'),
    'no user name': login(':canary'),
    NUL: login('alice:canary\0'),
    'an overlong password': login(`alice:${'canary'.repeat(200)}`),
  },
  secrets: ['canary', 'open sesame', HASH],
}));

describe('PasswordProvider', () => {
  const alice: User = { username: 'alice', password: HASH };

  it('states a new login by password', async () => {
    const authentication = await new PasswordProvider({ passwords: cheapPasswords }).authenticate(
      login('alice:open sesame'),
      storeOf(alice),
    );
    expect(authentication).to.be.instanceOf(Authentication);
    expect(authentication?.user).to.equal(alice);
    expect(authentication?.methods).to.deep.equal(['pwd']);
  });

  it('verifies with the exported passwords unless the options bring others', () => {
    class Exposed extends PasswordProvider {
      readonly used = this.hasher;
    }
    expect(new Exposed().used).to.equal(passwords);
    expect(new Exposed({ passwords: cheapPasswords }).used).to.equal(cheapPasswords);
  });

  it('takes a plain text for a password only where the app accepts that', async () => {
    const accepting = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 }, accept: ['plaintext'] });
    const provider = new PasswordProvider({ passwords: accepting });
    for (const password of ['open sesame', '{PLAIN}open sesame']) {
      const store = storeOf({ username: 'eve', password });
      expect(await provider.authenticate(login('eve:open sesame'), store)).to.not.be.null;
      for (const wrong of ['open sesam', '{PLAIN}open sesame']) {
        const error = await rejection(provider.authenticate(login(`eve:${wrong}`), store));
        expect(error).to.be.instanceOf(BadCredentialsError);
      }
    }
  });

  it('reports what would make a stored hash readable', async () => {
    const request = login('eve:boabspasswurd');
    const problems = problemsOf(request);
    const store = storeOf({ username: 'eve', password: '{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=' });
    const provider = new PasswordProvider({ passwords: cheapPasswords });
    expect(await rejection(provider.authenticate(request, store))).to.be.instanceOf(BadCredentialsError);
    expect(problems).to.have.length(1);
    expect(problems[0]?.problem).to.include("accept: ['ldap-sha']").and.not.include('ddSFG');
  });

  it('lets a remembered password through as one of no more guesses than are free, when all come in one go', async () => {
    const provider = new PasswordProvider({ passwords: cheapPasswords, throttle: { perPair: 3 } });
    let answer: () => void = () => undefined;
    let answered = Promise.resolve();
    const store = { getUser: () => answered.then(() => alice) };
    await provider.authenticate(login('alice:open sesame'), store);
    answered = new Promise((resolve) => (answer = resolve));
    const guesses = Array.from({ length: 50 }, (_, count) => (count === 40 ? 'open sesame' : String(count)));
    const results = guesses.map((guess) =>
      Promise.resolve(provider.authenticate(login(`alice:${guess}`), store)).then(
        () => 'let in',
        (error: unknown) => (error as Error).constructor,
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    const all = await Promise.all(results);
    expect(all[40]).to.equal(ThrottledError);
    expect(all.filter((one) => one === BadCredentialsError)).to.have.length(3);
  });

  it('answers at once, without a promise, where the password is remembered and the store answers at once', async () => {
    const provider = new PasswordProvider({ passwords: cheapPasswords });
    let user: User | undefined = alice;
    const at = (text: string, store: UserstoreInterface): unknown =>
      provider.authenticate(login(text), store);
    expect(provider.authenticate(fakeRequest(), storeOf(alice))).to.equal(null);
    const store: UserstoreInterface = { getUser: () => user };
    const first = at('alice:open sesame', store);
    expect(first).to.be.instanceOf(Promise);
    await first;
    expect(at('alice:open sesame', store)).to.be.instanceOf(Authentication);
    const later = at('alice:open sesame', { getUser: () => Promise.resolve(user) });
    expect(later).to.be.instanceOf(Promise);
    for (const [other, error] of [
      [{ ...alice, active: false }, AccountStatusError],
      [{ ...alice, password: BOMB }, BadCredentialsError],
      [undefined, BadCredentialsError],
    ] as const) {
      user = other;
      const refused = at('alice:open sesame', store);
      expect(refused).to.be.instanceOf(Promise);
      expect(await rejection(refused)).to.be.instanceOf(error);
    }
    user = alice;
    expect(await rejection(at('alice:open Sesame', store))).to.be.instanceOf(BadCredentialsError);
    provider.forget('alice');
    const anew = at('alice:open sesame', store);
    expect(anew).to.be.instanceOf(Promise);
    expect(await anew).to.be.instanceOf(Authentication);
  });

  it('rejects, and never throws at once, whatever cannot be read or fails', async () => {
    const provider = new PasswordProvider({ passwords: cheapPasswords });
    const failure = new ServiceUnavailableError();
    const throwing: UserstoreInterface = {
      getUser: () => {
        throw failure;
      },
    };
    expect(await rejection(provider.authenticate(login('alice'), throwing))).to.be.instanceOf(
      MalformedCredentialsError,
    );
    expect(await rejection(provider.authenticate(login('alice:x'), throwing))).to.equal(failure);
    for (const found of ['alice', 7, { name: 'alice' }]) {
      const store = { getUser: () => found } as unknown as UserstoreInterface;
      expect(await rejection(provider.authenticate(login('alice:x'), store))).to.be.instanceOf(TypeError);
    }
  });

  it('proves a password anew where the stored hash was changed meanwhile', async () => {
    const hashes: string[] = [];
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const hasher = hasherWith({
      verify: async (_password, hash) => {
        hashes.push(hash);
        await answered;
        return hash === HASH;
      },
    });
    const provider = new PasswordProvider({ passwords: hasher, credentialCache: false });
    const first = provider.authenticate(login('alice:open sesame'), storeOf(alice));
    const other = hashSync('another', 4);
    const second = provider.authenticate(login('alice:open sesame'), storeOf({ ...alice, password: other }));
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    expect((await first)?.user).to.equal(alice);
    expect(await rejection(second)).to.be.instanceOf(BadCredentialsError);
    expect(hashes).to.deep.equal([HASH, other]);
  });

  it('tells the hasher when a match is a refusal too', async () => {
    const told: unknown[] = [];
    const hasher = hasherWith({ verify: async (...args) => (told.push(args[3]), false) });
    const provider = new PasswordProvider({ passwords: hasher });
    for (const user of [alice, { ...alice, active: false }, { username: 'alice' }]) {
      await rejection(provider.authenticate(login('alice:wrong'), storeOf(user)));
    }
    expect(told).to.deep.equal([false, true, true]);
  });

  it('works as a service that gets the container as its first argument', async () => {
    class App extends PasswordProvider {}
    Container.set({ id: App, type: App });
    const provider = Container.get(App);
    expect(await provider.authenticate(login('alice:open sesame'), storeOf(alice))).to.not.be.null;
    expect(await rejection(provider.authenticate(login('alice:wrong'), storeOf(alice)))).to.be.instanceOf(
      BadCredentialsError,
    );
    Container.remove(App);
  });

  it('challenges with Basic and UTF-8 (RFC 7617 section 2.1)', () => {
    expect(formatChallenge(new PasswordProvider({ passwords: cheapPasswords }).challenge()!)).to.equal(
      'Basic charset="UTF-8"',
    );
  });

  it('hands on that Authorization came twice', async () => {
    const request: SecurityRequest = {
      ...fakeRequest(),
      header: () => {
        throw new InvalidRequestError();
      },
    };
    const store = storeOf(alice);
    expect(
      await rejection(new PasswordProvider({ passwords: cheapPasswords }).authenticate(request, store)),
    ).to.be.instanceOf(InvalidRequestError);
    expect(store.asked).to.be.empty;
  });

  it('takes a colon in the password', async () => {
    const user = { username: 'alice', password: hashSync('a:b::c', 4) };
    expect(
      await new PasswordProvider({ passwords: cheapPasswords }).authenticate(
        login('alice:a:b::c'),
        storeOf(user),
      ),
    ).to.not.be.null;
  });

  it('refuses control characters and empty parts before the store and before any hash work', async () => {
    for (const text of ['al\0ice:x', 'alice:x\r\n', 'alice:', ':x', ':']) {
      const [provider, store] = [new RecordingProvider(), storeOf(alice)];
      const error = await rejection(provider.authenticate(login(text), store));
      expect(error).to.be.instanceOf(MalformedCredentialsError).with.property('httpCode', 401);
      expect([...store.asked, ...provider.costs]).to.be.empty;
    }
  });

  it('refuses an overlong password before the store and before any hash work', async () => {
    const [provider, store] = [new RecordingProvider(), storeOf(alice)];
    const error = await rejection(provider.authenticate(login(`alice:${'x'.repeat(1025)}`), store));
    expect(error).to.be.instanceOf(MalformedCredentialsError);
    expect([...store.asked, ...provider.costs]).to.be.empty;
  });

  describe('verifies one hash', () => {
    const strangers: Record<string, User[]> = {
      'an unknown user': [],
      'a user without password': [{ username: 'eve' }],
      'a user with null as password': [{ username: 'eve', password: null }],
      'a user with an empty password': [{ username: 'eve', password: '' }],
      'a user with a malformed hash': [{ username: 'eve', password: 'open sesame' }],
      'a user with a cost bomb': [{ username: 'eve', password: BOMB }],
    };
    for (const [who, users] of Object.entries(strangers)) {
      it(`for ${who}, and refuses whatever comes out`, async () => {
        const provider = new RecordingProvider();
        const store = storeOf(alice, ...users);
        await rejection(provider.authenticate(login('alice:wrong'), store));
        provider.answer = true;
        const error = await rejection(provider.authenticate(login('eve:open sesame'), store));
        expect(error).to.be.instanceOf(BadCredentialsError).and.not.instanceOf(AccountStatusError);
        expect(provider.costs).to.deep.equal([STORED_COST, STORED_COST]);
      });
    }

    it('for an inactive user, with a right and a wrong password', async () => {
      const provider = new RecordingProvider();
      const store = storeOf({ ...alice, active: false });
      await rejection(provider.authenticate(login('alice:wrong'), store));
      provider.answer = true;
      await rejection(provider.authenticate(login('alice:open sesame'), store));
      expect(provider.costs).to.deep.equal([STORED_COST, STORED_COST]);
    });
  });

  it('refuses an inactive user only after the password proved right, in the same words', async () => {
    const store = storeOf({ ...alice, active: false });
    const wrong = await rejection(
      new PasswordProvider({ passwords: cheapPasswords }).authenticate(login('alice:wrong'), store),
    );
    const right = await rejection(
      new PasswordProvider({ passwords: cheapPasswords }).authenticate(login('alice:open sesame'), store),
    );
    expect(wrong).to.be.instanceOf(BadCredentialsError);
    expect(right).to.be.instanceOf(AccountStatusError);
    for (const part of ['httpCode', 'code', 'message'] as const) {
      expect((right as AccountStatusError)[part]).to.equal((wrong as BadCredentialsError)[part]);
    }
  });

  it('asks the store for the name exactly as sent', async () => {
    for (const username of ['Alice', ' alice ', 'e\u0301', '\u00e9', '\ufeffalice', 'İ']) {
      const store = storeOf(alice);
      await rejection(new RecordingProvider().authenticate(login(`${username}:x`), store));
      expect(store.asked).to.deep.equal([username]);
    }
  });

  it('never asks for a group', async () => {
    const store: UserstoreInterface = {
      getUser: () => null,
      getGroup: () => expect.fail('a group is nobody to log in as'),
    };
    expect(await rejection(new RecordingProvider().authenticate(login('staff:x'), store))).to.be.instanceOf(
      BadCredentialsError,
    );
  });

  it('takes no stored text for a password, however it is written', async () => {
    for (const stored of ['secret', '{plain}secret', '{PLAIN}secret', '$plaintext$secret', '{noop}secret']) {
      for (const typed of ['secret', stored]) {
        const store = storeOf({ username: 'ann', password: stored });
        const error = await rejection(
          new PasswordProvider({ passwords: cheapPasswords }).authenticate(login(`ann:${typed}`), store),
        );
        expect(error, stored).to.be.instanceOf(BadCredentialsError);
      }
    }
  });

  it('reports a stored hash that cannot be read, by user and without the hash', async () => {
    for (const password of ['open sesame', 'null', BOMB, HASH.replace('$2b$', '$2x$'), HASH.slice(0, 59)]) {
      const request = login('eve:open sesame');
      const problems = problemsOf(request);
      const error = await rejection(
        new RecordingProvider().authenticate(request, storeOf({ username: 'eve', password })),
      );
      expect(error).to.be.instanceOf(BadCredentialsError);
      expect(problems).to.deep.equal([
        { component: 'RecordingProvider', user: 'eve', problem: 'stored password hash cannot be read' },
      ]);
    }
  });

  it('reports under the name that an app gave the provider', async () => {
    class Named extends RecordingProvider {
      override readonly name = 'staff-login';
    }
    const request = login('eve:x');
    const problems = problemsOf(request);
    await rejection(new Named().authenticate(request, storeOf({ username: 'eve', password: 'plain' })));
    expect(problems[0]?.component).to.equal('staff-login');
  });

  it('reports the first user of a store who has no password, and nothing for a name that nobody has', async () => {
    for (const password of [undefined, null, '']) {
      const [provider, store] = [new RecordingProvider(), storeOf({ username: 'eve', password })];
      const reported = async (name: string) => {
        const request = login(`${name}:x`);
        const problems = problemsOf(request);
        await rejection(provider.authenticate(request, store));
        return problems.map(({ user }) => user);
      };
      expect(await reported('nobody')).to.deep.equal([]);
      expect(await reported('eve')).to.deep.equal(['eve']);
      expect(await reported('eve')).to.deep.equal([]);
    }
  });

  it('throws a TypeError without the record when the store returns a value that is not a user', async () => {
    const records = [false, '', 0, 'canary', { username: 'alice', password: HASH, active: 'off', canary: 1 }];
    for (const record of records) {
      const store: UserstoreInterface = { getUser: () => record as unknown as User };
      const error = await rejection(
        new PasswordProvider({ passwords: cheapPasswords }).authenticate(login('alice:open sesame'), store),
      );
      expect(error).to.be.instanceOf(TypeError);
      expect((error as TypeError).message).to.not.include('canary');
    }
  });

  it('spends no hash work once its deadline has passed', async () => {
    const deadline = new AbortController();
    const provider = new RecordingProvider();
    const slow: UserstoreInterface = {
      getUser: async () => {
        deadline.abort();
        return alice;
      },
    };
    const request = login('alice:open sesame', { signal: deadline.signal });
    expect(await rejection(provider.authenticate(request, slow))).to.be.instanceOf(ServiceUnavailableError);
    expect(provider.costs).to.be.empty;
  });

  it('takes no verdict but true from a hasher', async () => {
    const provider = new RecordingProvider();
    for (const answer of [1, 'false', {}]) {
      provider.answer = answer as unknown as boolean;
      expect(await rejection(provider.authenticate(login('alice:x'), storeOf(alice)))).to.be.instanceOf(
        BadCredentialsError,
      );
    }
  });

  describe('of credentials that it remembers', () => {
    it('asks a hasher of the app each time whether it still reads the hash', async () => {
      class Strict extends Passwords {
        isOpen = true;
        override isReadable(hash: unknown): hash is string {
          return this.isOpen && super.isReadable(hash);
        }
      }
      const strict = new Strict({ newHashes: { scheme: 'bcrypt', cost: 4 } });
      const patched = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });
      let isOpen = true;
      const own = hasherWith({ isReadable: (hash) => isOpen && cheapPasswords.isReadable(hash) });
      const closings: [Passwords | typeof own, () => void][] = [
        [strict, () => (strict.isOpen = false)],
        [patched, () => Object.assign(patched, { isReadable: () => false })],
        [own, () => (isOpen = false)],
      ];
      for (const [hasher, close] of closings) {
        const provider = new PasswordProvider({ passwords: hasher });
        const store = storeOf(alice);
        const enter = async () => provider.authenticate(login('alice:open sesame'), store);
        expect((await enter())?.user).to.equal(alice);
        expect((await enter())?.user).to.equal(alice);
        close();
        expect(await rejection(enter())).to.be.instanceOf(BadCredentialsError);
      }
    });

    it('takes a hash, an active or a name that changed for another at once', async () => {
      const provider = new PasswordProvider({ passwords: cheapPasswords, throttle: false });
      let record: User = { ...alice };
      const store: UserstoreInterface = { getUser: () => record };
      const enter = async () => provider.authenticate(login('alice:open sesame'), store);
      expect((await enter())?.user).to.equal(record);
      expect((await enter())?.user).to.equal(record);
      for (const password of [
        hashSync('other', 4),
        hashSync('open sesame', 4).slice(0, -1),
        '',
        null,
        BOMB,
      ]) {
        record = { ...alice, password };
        expect(await rejection(enter()), String(password)).to.be.instanceOf(BadCredentialsError);
      }
      record = { ...alice, active: false };
      expect(await rejection(enter())).to.be.instanceOf(AccountStatusError);
      record = { ...alice };
      expect((await enter())?.user).to.equal(record);
    });

    it('remembers no password for a hash that it was not verified against', async () => {
      const [right, other] = [HASH, hashSync('other', 4)];
      for (const first of [0, 1]) {
        const provider = new PasswordProvider({ passwords: cheapPasswords, throttle: false });
        let reads = first;
        let record: User = alice;
        const store: UserstoreInterface = { getUser: () => record };
        class Fickle {
          readonly username = 'alice';
          get password() {
            reads += 1;
            return reads % 2 === 0 ? right : other;
          }
        }
        record = new Fickle();
        for (let index = 0; index < 4; index += 1) {
          for (const typed of ['other', 'open sesame']) {
            try {
              await provider.authenticate(login(`alice:${typed}`), store);
            } catch (error) {
              expect(error).to.be.instanceOf(BadCredentialsError);
            }
            reads += index % 2;
          }
        }
        for (const [password, typed] of [
          [right, 'other'],
          [other, 'open sesame'],
        ] as const) {
          record = { ...alice, password };
          const entered = provider.authenticate(login(`alice:${typed}`), store);
          expect(await rejection(entered), typed).to.be.instanceOf(BadCredentialsError);
        }
      }
    });
  });
});
