import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  AccountStatusError,
  BadCredentialsError,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../../src';
import { LdapProvider, type LdapProviderOptions, LdapUserstore } from '../../../src/ldap';
import { type Attempt, Throttle } from '../../../src/throttle/throttle';
import { fakeRequest } from '../../support/fake-request';

/** A directory that has whom the test says, and binds when it is told to. */
class Directory extends LdapUserstore {
  readonly entries = new Map<string, { user: User; dn: string }>();
  readonly binds: { dn: string | undefined; signal: AbortSignal | undefined }[] = [];
  bind: (count: number, password: string) => Promise<boolean> = (_count, password) =>
    Promise.resolve(password === 'secret');

  constructor() {
    super({ url: 'ldaps://directory.example', baseDn: 'dc=example', bindDn: 'cn=app', bindPassword: 'x' });
  }
  override getUser(name: string): Promise<User | null> {
    return Promise.resolve(this.entries.get(name)?.user ?? null);
  }
  override has(): boolean {
    return true;
  }
  override entryOf(user: User | undefined): string | undefined {
    return user && this.entries.get(user.username)?.dn;
  }
  override proves(user: User | undefined, _name: string, password: string, signal?: AbortSignal) {
    this.binds.push({ dn: this.entryOf(user), signal });
    return this.bind(this.binds.length, password);
  }
}

describe('LdapProvider', () => {
  let directory: Directory;
  beforeEach(() => {
    directory = new Directory();
    directory.entries.set('ann', { user: { username: 'ann' }, dn: 'uid=ann' });
  });

  const open = (options?: LdapProviderOptions) => {
    const provider = new LdapProvider(directory, options);
    return (pair = 'ann:secret', ip = '192.0.2.1', signal = new AbortController().signal) => {
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
      return provider.authenticate(fakeRequest({ headers: { authorization }, ip, signal }), directory).then(
        (login) => login?.user.username,
        (error: unknown) => (error as Error).constructor,
      );
    };
  };
  const gate = () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    return { held, release };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const count = (results: unknown[], result: unknown) => results.filter((one) => one === result).length;

  for (const throttle of [undefined, { perPair: 1 }, { perAddress: 1 }, { perAccount: 1 }, false] as const) {
    it(`takes equal right logins at once for one try, with ${inspect(throttle)}`, async () => {
      const login = open(throttle === undefined ? {} : { throttle });
      const results = await Promise.all(Array.from({ length: 30 }, () => login()));
      expect(count(results, 'ann')).to.equal(30);
      expect(directory.binds).to.have.length(1);
      expect(await login()).to.equal('ann');
    });
  }

  it('takes an equal login for the same try also while the only place is taken', async () => {
    const { held, release } = gate();
    directory.bind = async () => held.then(() => true);
    const login = open({ throttle: { perPair: 1 } });
    const first = login();
    await turn();
    const others = Array.from({ length: 29 }, () => login());
    await turn();
    release();
    expect(count(await Promise.all([first, ...others]), 'ann')).to.equal(30);
    expect(directory.binds).to.have.length(1);
  });

  it('tells nobody who guesses meanwhile which password it is that has the place', async () => {
    const { held, release } = gate();
    directory.bind = async () => held.then(() => true);
    const login = open({ throttle: { perPair: 1 } });
    const first = login();
    await turn();
    expect(await login('ann:guess')).to.equal(ThrottledError);
    expect(await login()).to.equal(ThrottledError);
    release();
    expect(await first).to.equal('ann');
  });

  /** A login that has the only place and ends before the throttle has answered the others. */
  const endsBeforeAnswers = async (...others: string[]): Promise<unknown[]> => {
    const [bind, answer] = [gate(), gate()];
    class SlowThrottle extends Throttle {
      isSlow = false;
      override check(attempt: Attempt) {
        const checked = Promise.resolve(super.check(attempt));
        return this.isSlow ? Promise.allSettled([checked, answer.held]).then(() => checked) : checked;
      }
    }
    directory.bind = async () => bind.held.then(() => true);
    const throttle = new SlowThrottle({ perPair: 1 });
    const login = open({ throttle });
    const first = login();
    await turn();
    throttle.isSlow = true;
    const waiting = others.map((pair) => login(pair));
    await turn();
    bind.release();
    expect(await first).to.equal('ann');
    answer.release();
    return Promise.all(waiting);
  };

  it('takes an equal login that was under way when the throttle was asked for no try of its own', async () => {
    expect(await endsBeforeAnswers('ann:secret', 'ann:secret')).to.deep.equal(['ann', 'ann']);
  });

  it('tells nobody which password it was when the throttle answers after that login', async () => {
    const refused = [ThrottledError, ThrottledError, ThrottledError];
    expect(await endsBeforeAnswers('ann:guess', 'ann:secret', 'ann:other')).to.deep.equal(refused);
  });

  it('throttles wrong ones at once, equal or not', async () => {
    for (const password of [() => 'guess', String]) {
      const login = open({ throttle: { perPair: 4 } });
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, index) => login(`ann:${password(index)}`)),
      );
      expect(count(results, BadCredentialsError)).to.equal(4);
      expect(count(results, ThrottledError)).to.equal(26);
    }
  });

  it('counts an inactive user with the right password each time', async () => {
    directory.entries.set('ann', { user: { username: 'ann', active: false }, dn: 'uid=ann' });
    const login = open({ throttle: { perPair: 4 } });
    const results = await Promise.all(Array.from({ length: 30 }, () => login()));
    expect(count(results, AccountStatusError)).to.equal(4);
    expect(count(results, ThrottledError)).to.equal(26);
  });

  for (const [difference, change] of Object.entries<() => void>({
    'another entry': () => directory.entries.set('ann', { user: { username: 'ann' }, dn: 'uid=ann,ou=b' }),
    'a user who may not log in any more': () =>
      directory.entries.set('ann', { user: { username: 'ann', active: false }, dn: 'uid=ann' }),
    'a user who is gone': () => directory.entries.delete('ann'),
  })) {
    it(`proves ${difference} anew, however equal the credentials are`, async () => {
      const { held, release } = gate();
      directory.bind = async (bind) => (bind === 1 ? held.then(() => true) : false);
      const login = open();
      const first = login();
      await turn();
      change();
      const second = login();
      await turn();
      expect(directory.binds).to.have.length(2);
      expect(await second).to.equal(BadCredentialsError);
      release();
      expect(await first).to.equal('ann');
    });
  }

  it('takes another address for another try', async () => {
    const login = open();
    const results = await Promise.all(
      ['192.0.2.1', '192.0.2.2', '2001:db8::1', ''].map((ip) => login('ann:secret', ip)),
    );
    expect(count(results, 'ann')).to.equal(4);
    expect(directory.binds).to.have.length(4);
  });

  it('binds once more for the rest where the directory failed the first', async () => {
    directory.bind = async (bind) => {
      await turn();
      if (bind === 1) throw new ServiceUnavailableError();
      return true;
    };
    const login = open({ throttle: { perPair: 1 } });
    const results = await Promise.all(Array.from({ length: 30 }, () => login()));
    expect(count(results, ServiceUnavailableError)).to.equal(1);
    expect(count(results, 'ann')).to.equal(29);
    expect(directory.binds).to.have.length(2);
  });

  it('binds on for the others when the first client has gone, and stops when all have', async () => {
    const { held, release } = gate();
    directory.bind = async () => held.then(() => true);
    const login = open({ throttle: { perPair: 1 } });
    const clients = [new AbortController(), new AbortController()];
    const results = clients.map(({ signal }) => login('ann:secret', undefined, signal));
    await turn();
    clients[0]!.abort();
    expect(await results[0]).to.equal(ServiceUnavailableError);
    expect(directory.binds.map(({ signal }) => signal?.aborted)).to.deep.equal([false]);
    clients[1]!.abort();
    expect(await results[1]).to.equal(ServiceUnavailableError);
    expect(directory.binds.map(({ signal }) => signal?.aborted)).to.deep.equal([true]);
    release();
    await turn();
    expect(await login()).to.equal('ann');
  });
});
