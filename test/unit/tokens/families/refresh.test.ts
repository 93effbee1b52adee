import { expect } from 'chai';
import {
  AccessDeniedError,
  Authentication,
  BadCredentialsError,
  ServiceUnavailableError,
  TokenInvalidError,
} from '../../../../src';
import { provedLogin } from '../../../../src/core/authentication';
import { digestOfUserId } from '../../../../src/tokens/user-id-digest';
import { fakeRequest } from '../../../support/fake-request';
import { claimsOf, DAY, familyIdOf, makeFamilies, rejection, START } from '../../../support/families';

const refused = async (work: Promise<unknown>): Promise<void> => {
  expect(await rejection(work)).to.be.instanceOf(TokenInvalidError);
};

describe('TokenService.start()', () => {
  it('gives an access token of a family, and a refresh token of the documented form', async () => {
    const { start, tokens } = makeFamilies();
    const issued = await start();
    expect(issued.refreshToken).to.match(/^srt_[0-9a-f]{24}_[\w-]{65}$/);
    expect(issued).to.include({
      tokenType: 'Bearer',
      expiresInSeconds: 600,
      refreshExpiresInSeconds: (14 * DAY) / 1000,
    });
    expect(tokens.verify(issued.token).familyId).to.equal(familyIdOf(issued.refreshToken));
    expect(claimsOf(issued.token)).to.include({ sub: 'ann', auth_time: START / 1000, tvf: 0 });
  });

  it('puts the digest of the id of the user into each access token of the family', async () => {
    const { start, tokens, people } = makeFamilies();
    people['ann'] = { id: '7' };
    const first = await start();
    const next = await tokens.refresh(first.refreshToken);
    for (const { token } of [first, next]) expect(claimsOf(token)).to.include({ uid: digestOfUserId('7') });
    expect(claimsOf((await start('ben')).token)).to.not.have.property('uid');
  });

  it('keeps one entry for a login, of its user, with neither token nor secret in it', async () => {
    const { start, entries } = makeFamilies();
    const { refreshToken, token } = await start();
    const [entry, ...others] = entries();
    expect(others).to.be.empty;
    expect(entry?.key).to.equal(`rt:${familyIdOf(refreshToken)}`);
    expect(entry?.json).to.include({ v: 1, user: 'ann', n: 0, ip: '192.0.2.7', stamp: 0 });
    for (const secret of [refreshToken.slice(29, 51), refreshToken.slice(51), token]) {
      expect(entry?.value).not.to.include(secret);
    }
  });

  for (const provedBy of ['token', 'session', 'key'] as const) {
    it(`refuses a login by a ${provedBy}, also where the app states it anew`, async () => {
      const { tokens, entries } = makeFamilies();
      const user = { username: 'ann' };
      const source = { kind: 'userstore', name: 'Users' } as const;
      const proved = provedLogin({}, { user, source, home: undefined, stamp: 0, provedBy, now: START });
      for (const login of [
        proved,
        new Authentication(user),
        new Authentication({ username: 'ann' }, proved),
        new Authentication({ username: 'ann' }, { ...proved }),
      ]) {
        expect(await rejection(tokens.start(login))).to.be.instanceOf(AccessDeniedError);
      }
      expect(entries()).to.be.empty;
    });
  }

  it('refuses a login that the app states itself where it has several userstores', async () => {
    const { tokens, login } = makeFamilies({ userstores: ['Staff', 'Customers'] });
    expect(await rejection(tokens.start(login()))).to.be.instanceOf(AccessDeniedError);
  });

  it('refuses a login of a store that the app does not have, and of a user who is not there or inactive', async () => {
    const { tokens, login, people } = makeFamilies();
    const other = provedLogin(
      {},
      {
        user: { username: 'ann' },
        source: { kind: 'userstore', name: 'Others' },
        home: undefined,
        stamp: 0,
        provedBy: 'login',
        now: START,
      },
    );
    expect(await rejection(tokens.start(other))).to.be.instanceOf(AccessDeniedError);
    people['ann'] = { isActive: false };
    expect(await rejection(tokens.start(login()))).to.be.instanceOf(AccessDeniedError);
    people['ann'] = null;
    expect(await rejection(tokens.start(login()))).to.be.instanceOf(AccessDeniedError);
  });

  it('throws TypeError for what issue() throws it, whatever the app does', async () => {
    const { tokens, login } = makeFamilies();
    const wrong = [
      { username: 'ann' } as unknown as Authentication,
      login('ann', { roles: ['admin'] }),
      login('ann', { isBound: true }),
      login('ann', { authenticatedAt: null }),
      login('ann', { scopes: ['a b'] }),
    ];
    for (const one of wrong) expect(await rejection(tokens.start(one))).to.be.instanceOf(TypeError);
    const foreign = provedLogin(
      {},
      {
        user: { username: 'ann' },
        source: { kind: 'provider', name: 'Kerberos' },
        home: undefined,
        stamp: 0,
        provedBy: 'login',
        now: START,
      },
    );
    expect(await rejection(tokens.start(foreign))).to.be.instanceOf(TypeError);
  });

  it('ends a family maxDays after the login at the latest, not after the start', async () => {
    const { tokens, login, clock } = makeFamilies({ refresh: { maxDays: 2, idleDays: 2 } });
    const old = login('ann', { authenticatedAt: new Date(START - 2 * DAY + 5000) });
    const { refreshToken, refreshExpiresInSeconds, expiresInSeconds } = await tokens.start(old);
    expect({ refreshExpiresInSeconds, expiresInSeconds }).to.deep.equal({
      refreshExpiresInSeconds: 5,
      expiresInSeconds: 5,
    });
    clock.now += 4500;
    await refused(tokens.refresh(refreshToken));
    const tooOld = login('ann', { authenticatedAt: new Date(START - 3 * DAY) });
    expect(await rejection(tokens.start(tooOld))).to.be.instanceOf(BadCredentialsError);
  });

  it('ends a family a day after the login where the store has no stamp', async () => {
    const { tokens, login, people, clock } = makeFamilies();
    people['ann'] = { hasStamp: false };
    let { refreshToken, refreshExpiresInSeconds } = await tokens.start(login());
    expect(refreshExpiresInSeconds).to.equal(DAY / 1000);
    clock.now += DAY - 60_000;
    ({ refreshToken, refreshExpiresInSeconds } = await tokens.refresh(refreshToken));
    expect(refreshExpiresInSeconds).to.equal(60);
    clock.now += 60_000;
    await refused(tokens.refresh(refreshToken));
  });

  it('ends the family that was used longest ago where there is one too many', async () => {
    const { tokens, start, clock, events, entries } = makeFamilies({ refresh: { maxPerUser: 2 } });
    const first = await start();
    const other = await start('ben');
    clock.now += 1000;
    const second = await start();
    clock.now += 1000;
    const { refreshToken } = await tokens.refresh(first.refreshToken);
    clock.now += 1000;
    const third = await start();
    await refused(tokens.refresh(second.refreshToken));
    expect(await tokens.isRevoked(tokens.verify(second.token))).to.be.true;
    for (const live of [refreshToken, third.refreshToken, other.refreshToken]) await tokens.refresh(live);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({
      type: 'tokens_ended',
      user: 'ann',
      familyId: familyIdOf(second.refreshToken),
    });
    expect(entries().filter(({ json }) => json['dead'] === undefined)).to.have.length(2);
  });

  it('starts with the newest even where all were used in one millisecond', async () => {
    const { tokens, start } = makeFamilies({ refresh: { maxPerUser: 1 } });
    const first = await start();
    const second = await start();
    await refused(tokens.refresh(first.refreshToken));
    await tokens.refresh(second.refreshToken);
  });

  for (const maxPerUser of [1, 2, 3]) {
    it(`keeps ${String(maxPerUser)} of many that start in one millisecond, and never ends all of them`, async () => {
      for (let round = 0; round < 20; round += 1) {
        const { tokens, start, entries } = makeFamilies({ refresh: { maxPerUser } });
        const delayed = async (ticks: number): ReturnType<typeof start> => {
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          return start();
        };
        const all = await Promise.all([0, 0, round % 7, round % 11].map(delayed));
        expect(entries().filter(({ json }) => json['dead'] === undefined)).to.have.length(maxPerUser);
        const answers = await Promise.allSettled(all.map((issued) => tokens.refresh(issued.refreshToken)));
        expect(answers.filter(({ status }) => status === 'fulfilled')).to.have.length(maxPerUser);
      }
    });
  }

  it('comes after those that a clock a little ahead has written, and follows no clock that is far ahead', async () => {
    const { tokens, start, clock } = makeFamilies({ refresh: { maxPerUser: 1 } });
    clock.now += 30_000;
    const ahead = await start();
    clock.now -= 30_000;
    const next = await start();
    await refused(tokens.refresh(ahead.refreshToken));
    await tokens.refresh(next.refreshToken);
    clock.now += DAY;
    const farAhead = await start();
    clock.now -= DAY;
    const last = await start();
    for (const { refreshToken } of [farAhead, last]) await tokens.refresh(refreshToken);
  });

  it('forgets what has ended of a user who logs in all the time', async () => {
    const { start, tokens, clock, memory } = makeFamilies({ refresh: { maxPerUser: 3 } });
    for (let round = 0; round < 50; round += 1) {
      clock.now += 1;
      const { refreshToken } = await start();
      if (round % 2 === 0) await tokens.revokeFamily(familyIdOf(refreshToken));
    }
    expect(memory.size).to.be.at.most(5);
  });

  it('needs an app, and says so', async () => {
    const { make, login } = makeFamilies();
    const error = await rejection(make().start(login()));
    expect(error).to.include({ code: 'invalid_configuration' });
    expect(error.message).to.include('TokenProvider');
  });
});

describe('TokenService.refresh()', () => {
  it('gives the next tokens, and keeps time, methods and scopes of the login', async () => {
    const { tokens, login, clock, people } = makeFamilies();
    people['ann'] = { id: '7', stamp: 5000 };
    const details = { scopes: ['notes:read'], methods: ['pwd', 'otp'], stamp: 5000 };
    let { refreshToken } = await tokens.start(login('ann', details));
    for (let round = 0; round < 5; round += 1) {
      clock.now += 13 * DAY;
      const next = await tokens.refresh(refreshToken);
      expect(next.refreshToken).not.to.equal(refreshToken);
      expect(familyIdOf(next.refreshToken)).to.equal(familyIdOf(refreshToken));
      ({ refreshToken } = next);
      const verified = tokens.verify(next.token);
      expect(verified).to.deep.include({ methods: ['pwd', 'otp'], scopes: ['notes:read'], stamp: 5000 });
      expect(verified.authenticatedAt.getTime()).to.equal(START);
      expect(verified.issuedAt.getTime()).to.equal(clock.now);
    }
  });

  it('takes no token of a service of another issuer or audience that has the same state', async () => {
    const { tokens, make, app, start, login, entries } = makeFamilies({ refresh: { maxPerUser: 1 } });
    const { refreshToken } = await start();
    for (const other of [{ audience: 'admin-api' }, { issuer: 'admin' }, { issuer: 'no', audience: 'tes' }]) {
      const service = make(other);
      service.onStart(app);
      const before = entries();
      await refused(service.refresh(refreshToken));
      expect(entries()).to.deep.equal(before);
      // Neither shown there, nor one too many.
      expect(await service.families({ username: 'ann' })).to.be.empty;
      await service.start(login());
      expect(await service.families({ username: 'ann' })).to.have.length(1);
    }
    expect(await tokens.families({ username: 'ann' })).to.have.length(1);
    const process = make();
    process.onStart(app);
    const next = await process.refresh(refreshToken);
    await tokens.revokeUser({ username: 'ann' });
    await refused(tokens.refresh(next.refreshToken));
    expect(entries().every(({ json }) => json['dead'] !== undefined)).to.be.true;
  });

  it('keeps an empty list of scopes, which allows nothing', async () => {
    const { tokens, login } = makeFamilies();
    const { refreshToken } = await tokens.start(login('ann', { scopes: [] }));
    expect(tokens.verify((await tokens.refresh(refreshToken)).token).scopes).to.deep.equal([]);
  });

  it('ends a family that is not used for idleDays', async () => {
    const { tokens, start, clock } = makeFamilies();
    const { refreshToken } = await start();
    clock.now += 14 * DAY;
    await refused(tokens.refresh(refreshToken));
  });

  it('makes one rotation of a hundred at once, and all get the same successor', async () => {
    const { tokens, make, start, entries, app } = makeFamilies();
    const other = make();
    other.onStart(app);
    const { refreshToken } = await start();
    const services = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? tokens : other));
    const replies = await Promise.all(services.map((service) => service.refresh(refreshToken)));
    expect(new Set(replies.map((reply) => reply.refreshToken)).size).to.equal(1);
    expect(new Set(replies.map(({ token }) => token)).size).to.equal(100);
    expect(entries()[0]?.json).to.include({ n: 1 });
    await tokens.refresh(replies[0]!.refreshToken);
  });

  it('repeats the successor within the grace, and writes nothing', async () => {
    const { tokens, start, clock, entries, events } = makeFamilies();
    const { refreshToken } = await start();
    clock.now += 1000;
    const next = await tokens.refresh(refreshToken);
    const before = entries();
    for (const ahead of [10_000, -15_000]) {
      clock.now += ahead;
      expect((await tokens.refresh(refreshToken)).refreshToken).to.equal(next.refreshToken);
    }
    expect(entries()).to.deep.equal(before);
    expect(events).to.be.empty;
  });

  for (const [name, graceSeconds, ahead] of [
    ['after the grace', 10, 10_001],
    ['by a clock that is far behind', 10, -10_001],
    ['at once where there is no grace', 0, 0],
  ] as const) {
    it(`ends the family where the previous token comes ${name}`, async () => {
      const { tokens, start, clock, events } = makeFamilies({
        refresh: { graceSeconds },
        clockToleranceSeconds: 60,
      });
      const { refreshToken } = await start();
      const next = await tokens.refresh(refreshToken);
      clock.now += ahead;
      expect(await tokens.isRevoked(tokens.verify(next.token))).to.be.false;
      await refused(tokens.refresh(refreshToken, fakeRequest({ ip: '192.0.2.66' })));
      expect(await tokens.isRevoked(tokens.verify(next.token))).to.be.true;
      await refused(tokens.refresh(next.refreshToken));
      const familyId = familyIdOf(refreshToken);
      expect(events).to.deep.equal([
        {
          type: 'token_reused',
          user: 'ann',
          familyId,
          reason: 'spent_token',
          store: undefined,
          from: '192.0.2.66',
        },
      ]);
    });
  }

  it('ends the family where an older token than the previous one comes, also within the grace', async () => {
    const { tokens, start, events } = makeFamilies();
    const first = await start();
    const second = await tokens.refresh(first.refreshToken);
    const third = await tokens.refresh(second.refreshToken);
    await refused(tokens.refresh(first.refreshToken));
    await refused(tokens.refresh(third.refreshToken));
    expect(events.map(({ type }) => type)).to.deep.equal(['token_reused']);
  });

  it('tells once of a hundred that repeat a spent token at once', async () => {
    const { tokens, start, clock, events } = makeFamilies();
    const { refreshToken } = await start();
    await tokens.refresh(refreshToken);
    clock.now += 60_000;
    await Promise.all(Array.from({ length: 100 }, () => refused(tokens.refresh(refreshToken))));
    expect(events).to.have.length(1);
  });

  it('ends nothing for a guess: a wrong family secret, another id, text of no form', async () => {
    const { tokens, start, events } = makeFamilies();
    const { refreshToken } = await start();
    const id = familyIdOf(refreshToken);
    const other = (await start()).refreshToken;
    const flipped = (text: string, at: number): string =>
      text.slice(0, at) + (text[at] === 'A' ? 'Q' : 'A') + text.slice(at + 1);
    const guesses = [
      flipped(refreshToken, 30),
      `srt_${id}_${other.slice(29)}`,
      `srt_${'0'.repeat(24)}_${refreshToken.slice(29)}`,
      '',
      'srt_',
      refreshToken.slice(1),
      `${refreshToken}A`,
      refreshToken.toUpperCase(),
      ` ${refreshToken}`,
      'x'.repeat(100_000),
      refreshToken.replace('_', '-'),
    ];
    for (const guess of guesses) await refused(tokens.refresh(guess));
    for (const guess of [undefined, null, 7, {}, [refreshToken]]) {
      await refused(tokens.refresh(guess as string));
    }
    expect(events).to.be.empty;
    await tokens.refresh(refreshToken);
  });

  it('takes a token in one form only, though the last characters of its parts have bits to spare', async () => {
    const { tokens, start } = makeFamilies();
    const { refreshToken } = await start();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const at of [50, 93]) {
      const last = alphabet.indexOf(refreshToken[at]!);
      const twin = refreshToken.slice(0, at) + alphabet[last + 1]! + refreshToken.slice(at + 1);
      await refused(tokens.refresh(twin));
    }
    await tokens.refresh(refreshToken);
  });

  it('asks the store for nothing that has not the form of a token', async () => {
    let asked = 0;
    const { tokens } = makeFamilies({
      wrap: (memory) => ({
        get: (key) => {
          asked += 1;
          return memory.get(key);
        },
        set: memory.set.bind(memory),
        delete: memory.delete.bind(memory),
        list: memory.list.bind(memory),
        revocationLog: memory.revocationLog,
      }),
    });
    await refused(tokens.refresh('srt_rubbish'));
    expect(asked).to.equal(0);
  });

  describe('holds the user', () => {
    it('refuses one who is inactive or unknown, spends nothing, and goes on when that has changed', async () => {
      const { tokens, start, people, entries } = makeFamilies();
      const { refreshToken } = await start();
      const before = entries();
      for (const person of [{ isActive: false }, null]) {
        people['ann'] = person;
        await refused(tokens.refresh(refreshToken));
      }
      expect(entries()).to.deep.equal(before);
      people['ann'] = {};
      await tokens.refresh(refreshToken);
    });

    it('refuses one of another store, and in an app of several a family that names none', async () => {
      const several = makeFamilies({ userstores: ['Staff', 'Customers'] });
      several.people['ann'] = { userstore: 'Customers' };
      const login = provedLogin(
        {},
        {
          user: { username: 'ann' },
          source: { kind: 'userstore', name: 'Customers' },
          home: 'Customers',
          stamp: 0,
          provedBy: 'login',
          now: START,
        },
      );
      const { refreshToken, token } = await several.tokens.start(login);
      expect(claimsOf(token)).to.include({ userstore: 'Customers' });
      several.people['ann'] = { userstore: 'Staff' };
      await refused(several.tokens.refresh(refreshToken));
      several.people['ann'] = { userstore: 'Customers' };
      expect(claimsOf((await several.tokens.refresh(refreshToken)).token)).to.include({
        userstore: 'Customers',
      });

      const one = makeFamilies();
      const started = await one.start();
      one.tokens.onStart(several.app);
      await refused(one.tokens.refresh(started.refreshToken));
    });

    for (const [name, person] of [
      ['another stamp', { id: '7', stamp: 1000 }],
      ['another id', { id: '8', stamp: 0 }],
      ['no id any more', { stamp: 0 }],
    ] as const) {
      it(`ends the family of a user with ${name}`, async () => {
        const { tokens, login, people, events } = makeFamilies();
        people['ann'] = { id: '7', stamp: 0 };
        const { refreshToken } = await tokens.start(login());
        people['ann'] = person;
        await refused(tokens.refresh(refreshToken));
        people['ann'] = { id: '7', stamp: 0 };
        await refused(tokens.refresh(refreshToken));
        expect(events.map(({ type }) => type)).to.deep.equal(['tokens_ended']);
      });
    }

    it('answers 503 where the userstore is down, and spends nothing', async () => {
      const { tokens, start, people, login } = makeFamilies();
      const { refreshToken } = await start();
      people['ann'] = new ServiceUnavailableError();
      expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(ServiceUnavailableError);
      expect(await rejection(tokens.start(login()))).to.be.instanceOf(ServiceUnavailableError);
      people['ann'] = {};
      await tokens.refresh(refreshToken);
    });
  });

  describe('with a client', () => {
    const client = (device: string | undefined) =>
      fakeRequest({ headers: device === undefined ? {} : { 'x-device': device } });
    const set = () => makeFamilies({ refresh: { client: (request) => request.header('x-device') } });

    it('takes tokens from the client that the family is bound to, which the entry does not show', async () => {
      const { tokens, login, entries } = set();
      const { refreshToken } = await tokens.start(login(), client('phone'));
      expect(entries()[0]?.value).not.to.include('phone');
      await tokens.refresh(refreshToken, client('phone'));
    });

    it('takes no promise for a client, and one that rejects ends no process', async () => {
      const asynchronous = (() => Promise.reject(new Error('late'))) as unknown as () => string;
      const { tokens, login, entries } = makeFamilies({ refresh: { client: asynchronous } });
      expect(await rejection(tokens.start(login(), client('phone')))).to.be.instanceOf(TypeError);
      expect(entries()).to.be.empty;
    });

    for (const other of ['tablet', undefined]) {
      it(`ends the family where a token comes from ${other ?? 'none'}`, async () => {
        const { tokens, login, events } = set();
        const { refreshToken, token } = await tokens.start(login(), client('phone'));
        await refused(tokens.refresh(refreshToken, client(other)));
        expect(events[0]).to.include({ type: 'token_reused', reason: 'other_client' });
        await refused(tokens.refresh(refreshToken, client('phone')));
        expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
      });
    }

    it('ends the family where a repeat within the grace comes from another client', async () => {
      const { tokens, login } = set();
      const { refreshToken } = await tokens.start(login(), client('phone'));
      const next = await tokens.refresh(refreshToken, client('phone'));
      await refused(tokens.refresh(refreshToken, client('tablet')));
      await refused(tokens.refresh(next.refreshToken, client('phone')));
    });

    it('binds a family to nothing that began without a client', async () => {
      const { tokens, login } = set();
      const { refreshToken } = await tokens.start(login(), client(undefined));
      await tokens.refresh(refreshToken, client('phone'));
    });

    it('ends nothing where the app does not hand the request over', async () => {
      const { tokens, login } = set();
      expect(await rejection(tokens.start(login()))).to.be.instanceOf(TypeError);
      const { refreshToken } = await tokens.start(login(), client('phone'));
      expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(TypeError);
      await tokens.refresh(refreshToken, client('phone'));
    });
  });
});
