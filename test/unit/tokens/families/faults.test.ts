import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  ConfigurationError,
  MemoryState,
  type RefreshOptions,
  type RevocationOptions,
  SecurityFaultError,
  ServiceUnavailableError,
  TokenService,
  type TokenServiceOptions,
} from '../../../../src';
import { familyIdOf, makeFamilies, rejection } from '../../../support/families';
import { scriptedState } from '../../../support/scripted-state';

function scripted() {
  const script: Partial<Record<'get' | 'set' | 'delete' | 'list', unknown>> = {};
  return Object.assign(makeFamilies({ wrap: (memory) => scriptedState(memory, script) }), { script });
}

describe('A state store that fails', () => {
  for (const [name, fault] of [
    [
      'throws',
      () => {
        throw new ServiceUnavailableError();
      },
    ],
    ['rejects', () => Promise.reject(new ServiceUnavailableError())],
  ] as const) {
    it(`answers 503 where it ${name}, and spends nothing`, async () => {
      const { tokens, start, script, memory } = scripted();
      const { refreshToken } = await start();
      const before = memory.list('ann');
      for (const method of ['get', 'set'] as const) {
        script[method] = fault;
        expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(ServiceUnavailableError);
        script[method] = undefined;
      }
      for (const method of ['set', 'list'] as const) {
        script[method] = fault;
        expect(await rejection(start())).to.be.instanceOf(ServiceUnavailableError);
        script[method] = undefined;
      }
      expect(memory.list('ann')).to.deep.equal(before);
      await tokens.refresh(refreshToken);
    });
  }

  it('answers 503 where it never answers', async () => {
    const { tokens, start, script } = scripted();
    const { refreshToken } = await start();
    const { setTimeout: set } = globalThis;
    globalThis.setTimeout = ((work: () => void, ms?: number) =>
      set(work, (ms ?? 0) > 1000 ? 1 : ms)) as typeof set;
    try {
      script.get = () => new Promise(() => undefined);
      expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(ServiceUnavailableError);
    } finally {
      globalThis.setTimeout = set;
    }
    delete script.get;
    await tokens.refresh(refreshToken);
  });

  it('goes on with the retry where the reply to a rotation was lost', async () => {
    const { tokens, start, script, memory } = scripted();
    const { refreshToken } = await start();
    script.set = (...given: Parameters<MemoryState['set']>) => {
      memory.set(...given);
      throw new ServiceUnavailableError();
    };
    expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(ServiceUnavailableError);
    delete script.set;
    const next = await tokens.refresh(refreshToken);
    await tokens.refresh(next.refreshToken);
  });

  for (const [name, thrown] of [
    ['a bug', new TypeError('canary of the store')],
    ['no error', 'canary of the store'],
  ] as const) {
    it(`is a fault of the store where it throws ${name}`, async () => {
      const { tokens, start, script } = scripted();
      const { refreshToken } = await start();
      script.get = () => Promise.reject(thrown);
      const error = await rejection(tokens.refresh(refreshToken));
      expect(error).to.be.instanceOf(SecurityFaultError);
      expect(JSON.stringify(error)).not.to.include('canary');
    });
  }

  for (const [method, garbage] of [
    ['get', 7],
    ['get', {}],
    ['get', Buffer.from('{}')],
    ['set', undefined],
    ['set', 1],
    ['set', 'true'],
  ] as const) {
    it(`is a fault of the store where ${method}() answers ${inspect(garbage)}`, async () => {
      const { tokens, start, script } = scripted();
      const { refreshToken } = await start();
      script[method] = () => garbage;
      expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(SecurityFaultError);
    });
  }

  for (const garbage of [undefined, {}, 'rt', ['rt'], [7]]) {
    it(`is a fault of the store where list() answers ${inspect(garbage)}`, async () => {
      const { tokens, start, script } = scripted();
      await start();
      script.list = () => garbage;
      const error = await rejection(tokens.families({ username: 'ann' }));
      expect(error).to.be.instanceOf(SecurityFaultError);
    });
  }

  it('ends no process where it answers with promises that reject, in a list or beside', async () => {
    const broken = () => [Promise.reject(new Error('canary')), ['rt:x', Promise.reject(new Error('canary'))]];
    const { tokens, start, script } = scripted();
    const { refreshToken } = await start();
    script.list = broken;
    expect(await rejection(start())).to.be.instanceOf(SecurityFaultError);
    expect(await rejection(tokens.families({ username: 'ann' }))).to.be.instanceOf(SecurityFaultError);
    for (const method of ['get', 'set'] as const) {
      script[method] = broken;
      expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(SecurityFaultError);
    }
  });

  it('lets in nobody whom it lists under another name', async () => {
    const { tokens, start, script, memory } = scripted();
    await start('ben');
    script.list = () => memory.list('ben');
    expect(await tokens.families({ username: 'ann' })).to.be.empty;
  });

  it('gives up after five lost races, and ends after up to twenty', async () => {
    const { tokens, start, script, memory } = scripted();
    const { refreshToken } = await start();
    let tries = 0;
    script.set = () => {
      tries += 1;
      return false;
    };
    expect(await rejection(tokens.refresh(refreshToken))).to.be.instanceOf(ServiceUnavailableError);
    expect(tries).to.equal(5);
    tries = 0;
    const work = tokens.revokeFamily(familyIdOf(refreshToken));
    expect(await rejection(work)).to.be.instanceOf(ServiceUnavailableError);
    expect(tries).to.equal(20);
    script.set = (...given: Parameters<MemoryState['set']>) => {
      tries += 1;
      return tries === 39 && memory.set(...given);
    };
    await tokens.revokeFamily(familyIdOf(refreshToken));
  });
});

describe('An entry of a family', () => {
  const swap = async (change: (json: Record<string, unknown>) => unknown) => {
    const families = makeFamilies();
    const { refreshToken } = await families.start();
    const [entry] = families.entries();
    if (entry === undefined) throw new Error('No entry');
    const changed = change({ ...entry.json });
    const text = typeof changed === 'string' ? changed : JSON.stringify(changed);
    const expiresAt = new Date(families.clock.now + 60_000);
    expect(families.memory.set(entry.key, text, entry.value, expiresAt, 'ann')).to.be.true;
    return Object.assign(families, { refreshToken, text, key: entry.key });
  };

  const unreadable: Record<string, (json: Record<string, unknown>) => unknown> = {
    'of a later version': (json) => ({ ...json, v: 2 }),
    'without a version': ({ v: _v, ...json }) => json,
    'whose version is text': (json) => ({ ...json, v: '1' }),
    'that is a list': () => [],
    'that is no JSON': () => '{"v":1',
    'that is null': () => 'null',
  };
  const members: Record<string, readonly unknown[]> = {
    user: [undefined, '', 7, null],
    userstore: ['', 7, null],
    userId: [7, '', null],
    family: [undefined, 'x', 'A'.repeat(44), `${'A'.repeat(42)}B`],
    current: [undefined, null, 7],
    previous: ['x', 'A'.repeat(43)],
    pad: ['A'.repeat(43)],
    n: [undefined, -1, 1.5, '1'],
    at: [undefined, '1', null, 1e17],
    login: [undefined, '1'],
    amr: [undefined, 'pwd', [7], [null]],
    scope: [null, 'notes:read', ['a b'], [7]],
    stamp: [undefined, '0', 1.5, null],
    client: ['phone', 7],
    ip: ['x', 7, null],
    end: [undefined, 'never', null],
    dead: [false, 'no', null],
  };
  for (const [name, values] of Object.entries(members)) {
    for (const value of values) {
      unreadable[`whose ${name} is ${value === undefined ? 'absent' : JSON.stringify(value)}`] = (json) => ({
        ...json,
        [name]: value,
      });
    }
  }

  for (const [name, change] of Object.entries(unreadable)) {
    it(`${name} answers 503, and is left as it is`, async () => {
      const { tokens, refreshToken, memory, text, key, start } = await swap(change);
      for (const work of [
        tokens.refresh(refreshToken),
        tokens.revokeFamily(familyIdOf(refreshToken)),
        tokens.families({ username: 'ann' }),
        tokens.revokeUser({ username: 'ann' }),
      ]) {
        const error = await rejection(work);
        expect(error).to.be.instanceOf(ServiceUnavailableError);
        expect(inspect(error, { depth: 9 })).not.to.include(refreshToken.slice(29));
      }
      expect(memory.get(key)).to.equal(text);
      // Others of the user go on meanwhile.
      await tokens.refresh((await start()).refreshToken);
    });
  }

  it('keeps what a later minor version added', async () => {
    const { tokens, refreshToken, entries } = await swap((json) => ({ ...json, added: 'kept' }));
    await tokens.refresh(refreshToken);
    expect(entries()[0]?.json).to.include({ added: 'kept', n: 1 });
  });
});

describe('The options of families', () => {
  const make = (options: Partial<TokenServiceOptions>) => () =>
    new TokenService({ secret: 'x'.repeat(32), issuer: 'notes', audience: 'notes', ...options });
  const state = new MemoryState();

  it('are taken within their bounds', () => {
    for (const refresh of [
      undefined,
      false,
      {},
      { idleDays: 1, maxDays: 400, graceSeconds: 0, maxPerUser: 1 },
    ] as const) {
      make({ state, refresh })();
    }
    make({ state, revocation: false })();
  });

  for (const [name, values] of Object.entries({
    idleDays: [0, 401, 1.5, '14', null, NaN],
    maxDays: [0, 401, null, Infinity],
    maxDaysWithoutStamp: [0, 401, '1'],
    graceSeconds: [-1, 61, 1.5],
    maxPerUser: [0, 1.5, 10_001],
    client: [true, 'x', null],
    graceSecond: [1],
  })) {
    it(`name ${name} where it is out of bounds`, () => {
      for (const value of values) {
        const refresh = { [name]: value } as RefreshOptions;
        expect(make({ state, refresh }), String(value)).to.throw(ConfigurationError, name);
      }
    });
  }

  it('name what is wrong with those of revocation', () => {
    for (const [name, values] of Object.entries({
      maxDelayMs: [199, 60_001, '1000', null],
      whenUnreachable: ['refused', true],
      whenLost: ['refuse', null],
      maxEntries: [0, 1.5],
      log: [{}, null, { append: 1, read: 2 }],
      maxDelay: [1000],
    })) {
      for (const value of values) {
        const revocation = { [name]: value } as RevocationOptions;
        expect(make({ state, revocation }), name).to.throw(ConfigurationError, name);
      }
    }
    make({
      state,
      revocation: { maxDelayMs: 200, whenUnreachable: 'accept', whenLost: 'accept', maxEntries: 1 },
    })();
  });

  it('name what is missing or of no use', () => {
    expect(make({ refresh: {} })).to.throw(ConfigurationError, 'state');
    expect(make({ revocation: {} })).to.throw(ConfigurationError, 'state');
    expect(make({ state: {} as MemoryState })).to.throw(ConfigurationError, 'state');
    expect(make({ state, refresh: true as unknown as false })).to.throw(ConfigurationError, 'refresh');
    const { get, set, delete: remove, list } = scriptedState(state, {});
    const bare = { get, set, delete: remove, list };
    expect(make({ state: bare })).to.throw(ConfigurationError, 'revocationLog');
    make({ state: bare, revocation: false })();
    const { append, read } = state.revocationLog;
    const log = { append, read, keepSeconds: 629 };
    expect(make({ state, revocation: { log } })).to.throw(ConfigurationError, '630');
    make({ state, revocation: { log: { ...log, keepSeconds: 630 } } })();
  });

  it('are needed by the calls that need a state', async () => {
    const tokens = make({})();
    const off = make({ state, refresh: false })();
    for (const work of [
      tokens.refresh('x'),
      tokens.revokeUser({ username: 'ann' }),
      tokens.families({ username: 'ann' }),
      tokens.revokeFamily('0'.repeat(24)),
      off.refresh('x'),
    ]) {
      expect(await rejection(work)).to.be.instanceOf(ConfigurationError);
    }
    await tokens.ready;
    await tokens.close();
  });
});

describe('What a token service shows', () => {
  it('has neither tokens nor secrets in it', async () => {
    const { tokens, start, events, problems, app } = makeFamilies();
    const { refreshToken, token } = await start();
    tokens.onStart({ ...app, userstoresWithoutStamp: ['Directory'] });
    expect(problems.map(({ problem }) => problem).join()).to.include('Directory');
    const shown = inspect([tokens, events, problems, app], { depth: 20, showHidden: true });
    for (const secret of ['canary-secret', token, refreshToken.slice(29, 51), refreshToken.slice(51)]) {
      expect(shown).not.to.include(secret);
    }
  });
});
