import { expect } from 'chai';
import {
  BadCredentialsError,
  type MemoryState,
  type RevocationLogInterface,
  ServiceUnavailableError,
  TokenInvalidError,
} from '../../../../src';
import { DAY, familyIdOf, makeFamilies, rejection, START } from '../../../support/families';
import { scriptedState } from '../../../support/scripted-state';

/** Holds up work that comes to it while it is closed. */
class Gate {
  #opened: Promise<void> | undefined;
  #open: (() => void) | undefined;
  #reach: (() => void) | undefined;
  /** Resolves when somebody waits. */
  readonly reached = new Promise<void>((resolve) => (this.#reach = resolve));

  close(): void {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open?.();
  }

  async passed(): Promise<void> {
    if (this.#opened !== undefined) this.#reach?.();
    await this.#opened;
  }
}

const refused = async (work: Promise<unknown>): Promise<void> => {
  expect(await rejection(work)).to.be.instanceOf(TokenInvalidError);
};

/** A log of the one in memory that can be down. */
function fragile(memory: MemoryState, fault: { isDown: boolean }): RevocationLogInterface {
  const log = memory.revocationLog;
  return {
    append: (list) => (fault.isDown ? Promise.reject(new ServiceUnavailableError()) : log.append(list)),
    read: (cursor) => log.read(cursor),
  };
}

describe('What ends a family', () => {
  it('revokeFamily(): its refresh token and its access tokens, those of issue() too, here at once', async () => {
    const { tokens, start, events, entries } = makeFamilies();
    const first = await start();
    const other = await start();
    const next = await tokens.refresh(first.refreshToken);
    await tokens.revokeFamily(familyIdOf(first.refreshToken));
    for (const { token } of [first, next]) expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
    await refused(tokens.refresh(next.refreshToken));
    await refused(tokens.refresh(first.refreshToken));
    expect(await tokens.isRevoked(tokens.verify(other.token))).to.be.false;
    await tokens.refresh(other.refreshToken);
    expect(events.map(({ type }) => type)).to.deep.equal(['tokens_ended']);
    expect(entries().filter(({ json }) => json['dead'] === START)).to.have.length(1);
  });

  it('revokeFamily(): is no fault for one that is not there or has ended, and tells once', async () => {
    const { tokens, start, events } = makeFamilies();
    const { refreshToken } = await start();
    const id = familyIdOf(refreshToken);
    await Promise.all(Array.from({ length: 20 }, () => tokens.revokeFamily(id)));
    await tokens.revokeFamily(id);
    await tokens.revokeFamily('0'.repeat(24));
    expect(events).to.have.length(1);
    for (const wrong of ['', 'x', id.toUpperCase() + 'A', `rt:${id}`, undefined, { length: 24 }]) {
      expect(await rejection(tokens.revokeFamily(wrong as string))).to.be.instanceOf(TypeError);
    }
  });

  it('revokeFamily(): refuses the access tokens also where the entry is lost', async () => {
    const { tokens, start, memory } = makeFamilies();
    const { refreshToken, token } = await start();
    memory.delete(`rt:${familyIdOf(refreshToken)}`);
    await tokens.revokeFamily(familyIdOf(refreshToken));
    expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
  });

  it('leaves nothing usable where a family is ended while it is refreshed', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { tokens, start } = makeFamilies();
      const { refreshToken } = await start();
      const delayed = async (): Promise<void> => {
        for (let tick = 0; tick < round % 10; tick += 1) await Promise.resolve();
        await tokens.revokeFamily(familyIdOf(refreshToken));
      };
      const [answer] = await Promise.allSettled([tokens.refresh(refreshToken), delayed()]);
      if (answer.status === 'fulfilled') {
        expect(await tokens.isRevoked(tokens.verify(answer.value.token))).to.be.true;
        await refused(tokens.refresh(answer.value.refreshToken));
      }
      await refused(tokens.refresh(refreshToken));
    }
  });

  it('revokeToken(): one access token, and its refresh token goes on', async () => {
    const { tokens, start } = makeFamilies();
    const first = await start();
    await tokens.revokeToken(tokens.verify(first.token));
    expect(await tokens.isRevoked(tokens.verify(first.token))).to.be.true;
    const next = await tokens.refresh(first.refreshToken);
    expect(await tokens.isRevoked(tokens.verify(next.token))).to.be.false;
  });

  it('revokeUser(): all of the user until now, and nobody else', async () => {
    const { tokens, start, login, events, clock } = makeFamilies();
    const mine = [await start(), await start()];
    const bens = await start('ben');
    const issued = tokens.issue(login());
    const isRevoked = (token: string) => tokens.isRevoked(tokens.verify(token));
    await tokens.revokeUser({ username: 'ann' });
    for (const { token } of [...mine, issued]) expect(await isRevoked(token)).to.be.true;
    for (const { refreshToken } of mine) await refused(tokens.refresh(refreshToken));
    expect(await isRevoked(bens.token)).to.be.false;
    await tokens.refresh(bens.refreshToken);
    expect(events).to.deep.equal([{ type: 'tokens_ended', user: 'ann', store: undefined, from: undefined }]);
    const again = await start();
    expect(await isRevoked(again.token)).to.be.false;
    clock.now += 1;
    expect(await isRevoked(tokens.issue(login()).token)).to.be.false;
  });

  for (const where of ['the same process', 'another process']) {
    it(`revokeUser(): in ${where}, a login whose entry is written too late to be found, for good`, async () => {
      const gate = new Gate();
      const families = makeFamilies({
        wrap: (memory) =>
          scriptedState(memory, {
            set: async (...given: Parameters<MemoryState['set']>) => {
              await gate.passed();
              return memory.set(...given);
            },
          }),
      });
      const { tokens, make, app, start, clock, events, memory } = families;
      const other = make();
      other.onStart(app);
      gate.close();
      const started = rejection(start());
      await gate.reached;
      clock.now += 5;
      await (where === 'another process' ? other : tokens).revokeUser({ username: 'ann' });
      clock.now += 5;
      gate.open();
      expect(await started).to.be.instanceOf(BadCredentialsError);
      expect(memory.list('ann')).to.be.empty;
      expect(events).to.have.length(1);
      const { refreshToken } = await start();
      clock.now += 7_200_000;
      await tokens.refresh(refreshToken);
    });
  }

  it('revokeUser(): tells the log before it looks for families', async () => {
    const calls: string[] = [];
    const { tokens, start } = makeFamilies({
      wrap: (memory) => ({
        ...scriptedState(memory, {
          list: (owner: string) => {
            calls.push('list');
            return memory.list(owner);
          },
        }),
        revocationLog: {
          append: (list) => {
            calls.push(...list.map(({ before }) => (before === undefined ? 'family' : 'user')));
            return memory.revocationLog.append(list);
          },
          read: (cursor) => memory.revocationLog.read(cursor),
        },
      }),
    });
    await start();
    calls.length = 0;
    await tokens.revokeUser({ username: 'ann' });
    expect([...new Set(calls)]).to.deep.equal(['user', 'list', 'family']);
  });

  it('revokeUser(): starts nothing where the log cannot say who was ended meanwhile', async () => {
    const fault = { isDown: false };
    const { tokens, start, entries } = makeFamilies({
      refresh: { maxPerUser: 1 },
      wrap: (inner) => {
        const log: RevocationLogInterface = {
          append: (list) => inner.revocationLog.append(list),
          read: (cursor) =>
            fault.isDown ? Promise.reject(new ServiceUnavailableError()) : inner.revocationLog.read(cursor),
        };
        return { ...scriptedState(inner, {}), revocationLog: log };
      },
    });
    const { refreshToken } = await start();
    fault.isDown = true;
    expect(await rejection(start())).to.be.instanceOf(ServiceUnavailableError);
    expect(entries()).to.have.length(1);
    fault.isDown = false;
    await tokens.refresh(refreshToken);
  });

  it('revokeUser(): a user who has been removed, too', async () => {
    const { tokens, start, people } = makeFamilies();
    const { token } = await start();
    people['ann'] = null;
    await tokens.revokeUser({ username: 'ann' });
    expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
  });

  it('revokeUser(): under the name that the store has, however it is given', async () => {
    const { tokens, start, people } = makeFamilies();
    const { refreshToken, token } = await start();
    people['ANN'] = { username: 'ann' };
    await tokens.revokeUser({ username: 'ANN' });
    expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
    await refused(tokens.refresh(refreshToken));
  });

  it('revokeUser(): asks for the store where the app has several', async () => {
    const { tokens } = makeFamilies({ userstores: ['Staff', 'Customers'] });
    expect(await rejection(tokens.revokeUser({ username: 'ann' }))).to.be.instanceOf(TypeError);
    for (const wrong of [
      undefined,
      null,
      '',
      'ann',
      { username: '' },
      { username: 'ann', userstore: '' },
      {},
    ]) {
      expect(await rejection(tokens.revokeUser(wrong as { username: string }))).to.be.instanceOf(TypeError);
    }
    await tokens.revokeUser({ username: 'ann', userstore: 'Staff' });
  });

  it('families(): those that can be refreshed, the last used one first, and which one asks', async () => {
    const { tokens, start, login, clock, people } = makeFamilies();
    const first = await start();
    const second = await start();
    await start('ben');
    const ended = await start();
    await tokens.revokeFamily(familyIdOf(ended.refreshToken));
    clock.now += 5000;
    await tokens.refresh(first.refreshToken);
    const list = await tokens.families({ username: 'ann' });
    expect(list.map(({ id }) => id)).to.deep.equal(
      [first, second].map((one) => familyIdOf(one.refreshToken)),
    );
    expect(list[0]).to.deep.equal({
      id: familyIdOf(first.refreshToken),
      startedAt: new Date(START),
      lastUsedAt: new Date(START + 5000),
      expiresAt: new Date(START + 5000 + 14 * DAY),
      methods: ['pwd'],
      ip: '192.0.2.7',
    });
    const current = login('ann', { familyId: familyIdOf(second.refreshToken) });
    expect((await tokens.families(current)).map(({ isCurrent }) => isCurrent)).to.deep.equal([false, true]);
    people['ann'] = { stamp: 1000 };
    expect(await tokens.families({ username: 'ann' })).to.be.empty;
    clock.now += 14 * DAY;
    people['ann'] = {};
    expect(await tokens.families({ username: 'ann' })).to.be.empty;
  });

  it('counts here at once where the log is down, and answers 503', async () => {
    const fault = { isDown: true };
    const { tokens, start } = makeFamilies({
      wrap: (memory) => ({
        get: (key) => memory.get(key),
        set: (...given) => memory.set(...given),
        delete: (key) => memory.delete(key),
        list: (owner) => memory.list(owner),
        revocationLog: fragile(memory, fault),
      }),
    });
    const { refreshToken, token } = await start();
    const work = tokens.revokeFamily(familyIdOf(refreshToken));
    expect(await rejection(work)).to.be.instanceOf(ServiceUnavailableError);
    expect(await tokens.isRevoked(tokens.verify(token))).to.be.true;
    await refused(tokens.refresh(refreshToken));
  });

  it('ends refresh tokens alone where revocation is off', async () => {
    const { tokens, start } = makeFamilies({ revocation: false });
    const { refreshToken, token } = await start();
    await tokens.revokeFamily(familyIdOf(refreshToken));
    await refused(tokens.refresh(refreshToken));
    expect(await tokens.isRevoked(tokens.verify(token))).to.be.false;
    const error = await rejection(tokens.revokeToken(tokens.verify(token)));
    expect(error).to.include({ code: 'invalid_configuration' });
    await tokens.ready;
    await tokens.close();
  });
});
