import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Service } from 'typedi';
import {
  AccessDeniedError,
  allOf,
  anyOf,
  Authentication,
  BadCredentialsError,
  ConfigurationError,
  createSecurity,
  ownerOf,
  permission,
  type RoleChecker,
  type Security,
  type SecurityEvent,
  SecurityFaultError,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { MemoryLogger, reset } from '../support/reset';
import { provider, type StoreClass } from '../support/scripted';

const PEOPLE: Record<string, User> = {
  ann: { username: 'ann', roles: ['editor'] },
  bob: { username: 'bob', groups: ['staff'] },
  eve: { username: 'eve' },
};

interface Scene {
  readonly security: Security;
  readonly events: SecurityEvent[];
  readonly request: http.IncomingMessage;
  readonly login: Authentication;
  /** A request that has not been authenticated. */
  readonly other: http.IncomingMessage;
}

class People {
  getUser(name: string): User | null {
    return PEOPLE[name] ?? null;
  }
  getGroup(name: string) {
    return name === 'staff' ? { name, roles: ['reader'] } : null;
  }
}

async function inScene(
  user: string,
  work: (scene: Scene) => Promise<void>,
  options: SecurityOptions = {},
  users: StoreClass = People,
): Promise<void> {
  const events: SecurityEvent[] = [];
  const security = createSecurity({
    logger: new MemoryLogger(),
    onEvent: (event) => void events.push(event),
    userstores: [users],
    providers: [
      provider('header', (request, stores) => stores.getUser(request.header('x-user') ?? ''), {
        credential: 'x-user',
      }),
    ],
    roleHierarchy: { editor: ['reader'] },
    permissions: { editor: ['note:write'] },
    ...options,
  });
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const send = (headers: http.OutgoingHttpHeaders): Promise<http.IncomingMessage> =>
    new Promise((resolve) => {
      server.once('request', resolve);
      const { port } = server.address() as AddressInfo;
      http.get({ port, host: '127.0.0.1', path: '/events', headers }).on('error', () => {});
    });
  try {
    const request = await send({ 'x-user': user });
    const login = await security.authenticate(request);
    if (login === undefined) return expect.fail('not authenticated');
    events.length = 0;
    await work({ security, events, request, login, other: await send({}) });
  } finally {
    server.closeAllConnections();
    server.close();
    await security.close();
  }
}

@Service()
class FromEvents implements RoleChecker {
  check(_action: unknown, user: User, request: SecurityRequest): boolean {
    return request.path === '/events' && request.header('x-user') === user.username;
  }
}

class Notes {
  get(id: string) {
    return { id, owner: 'ann' };
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('authorize() outside of an action', () => {
  beforeEach(reset);

  const rules: [name: string, rule: Parameters<Security['authorize']>[2], allowed: string[]][] = [
    ['no rule', undefined, ['ann', 'bob', 'eve']],
    ['a role', 'editor', ['ann']],
    ['a role by hierarchy and by group', 'reader', ['ann', 'bob']],
    ['any of several', ['editor', 'reader'], ['ann', 'bob']],
    ['all of several', allOf('editor', anyOf('reader', 'admin')), ['ann']],
    ['a permission', permission('note:write'), ['ann']],
    ['a policy that sees the request', FromEvents, ['ann', 'bob', 'eve']],
    ['a policy that does not grant literally', () => 1 as never, []],
    ['a policy for one user', (user: User) => user.username === 'eve', ['eve']],
  ];
  for (const [name, rule, allowed] of rules) {
    it(`lets in by ${name} whom an action would let in`, async () => {
      for (const user of ['ann', 'bob', 'eve']) {
        await inScene(user, async ({ security, events, request, login }) => {
          const refusal = await failure(security.authorize(request, login, rule, 'notes:add'));
          if (allowed.includes(user)) expect(refusal).to.equal(undefined);
          else expect(refusal).to.be.instanceOf(AccessDeniedError);
          expect(events.map(({ type }) => type)).to.deep.equal([
            allowed.includes(user) ? 'allowed' : 'denied',
          ]);
          expect(events[0]).to.include({ user, path: '/events' });
        });
      }
    });
  }

  it('decides by the groups as they are now, with the same request and with another', async () => {
    let roles: string[] | undefined = ['reader'];
    class Changing extends People {
      override getGroup(name: string) {
        if (roles === undefined) throw new Error('down');
        return { name, roles };
      }
    }
    await inScene(
      'bob',
      async ({ security, request, login, other }) => {
        for (const incoming of [request, other, request]) {
          const ask = () => failure(security.authorize(incoming, login, 'reader', 'x'));
          roles = ['reader'];
          expect(await ask()).to.equal(undefined);
          roles = [];
          expect(await ask()).to.be.instanceOf(AccessDeniedError);
          roles = undefined;
          expect(await ask()).to.be.instanceOf(ServiceUnavailableError);
        }
        expect(await security.authenticate(other)).to.equal(undefined);
      },
      {},
      Changing,
    );
  });

  it('takes no login of another instance, and none whose credential has ended', async () => {
    let now = 1_000;
    const ending = provider(
      'ending',
      async (request, stores) => {
        const user = await stores.getUser(request.header('x-user') ?? '');
        return user && new Authentication(user, { expiresAt: new Date(2_000) });
      },
      { credential: 'x-user' },
    );
    await inScene(
      'ann',
      async ({ security, request, login }) => {
        const ask = (asked: Security) => failure(asked.authorize(request, login, 'editor', 'x'));
        expect(await ask(security)).to.equal(undefined);
        await inScene('ann', async (elsewhere) => {
          expect(await ask(elsewhere.security)).to.be.instanceOf(SecurityFaultError);
        });
        now = 2_000;
        expect(await ask(security)).to.be.instanceOf(BadCredentialsError);
      },
      { clock: () => now, providers: [ending] },
    );
  });

  it('asks the authorization providers, which see the event as the action', async () => {
    const seen: unknown[] = [];
    class Rules {
      authorize(request: SecurityRequest, user: User, access: { action: string; levels: object }) {
        seen.push([request.path, user.username, access.action]);
        return user.username === 'ann';
      }
    }
    const options = { authorizationProviders: [Rules] };
    await inScene(
      'ann',
      async ({ security, request, login }) => {
        expect(await failure(security.authorize(request, login, undefined, 'notes:add'))).to.equal(undefined);
      },
      options,
    );
    await inScene(
      'eve',
      async ({ security, request, login }) => {
        const refusal = await failure(security.authorize(request, login, undefined, 'notes:add'));
        expect(refusal).to.be.instanceOf(AccessDeniedError);
      },
      options,
    );
    expect(seen).to.deep.equal([
      ['/events', 'ann', 'event notes:add'],
      ['/events', 'eve', 'event notes:add'],
    ]);
  });

  it('fails closed where it cannot decide', async () => {
    const down = () => {
      throw new ServiceUnavailableError();
    };
    const bug = () => {
      throw undefined;
    };
    await inScene('ann', async ({ security, request, login }) => {
      const cases: [rule: Parameters<Security['authorize']>[2], error: abstract new () => unknown][] = [
        [down, ServiceUnavailableError],
        [bug, SecurityFaultError],
      ];
      for (const [rule, error] of cases) {
        expect(await failure(security.authorize(request, login, rule, 'x'))).to.be.instanceOf(error);
      }
      for (const forged of [undefined, null, {}, { user: { username: 'ann' } }, 'ann']) {
        const refusal = await failure(security.authorize(request, forged as never, 'editor', 'x'));
        expect(refusal).to.be.instanceOf(SecurityFaultError);
      }
    });
  });

  it('takes no rule that is none, and no name that the app does not have', async () => {
    await inScene(
      'ann',
      async ({ security, request, login }) => {
        for (const rule of [
          null,
          '',
          [],
          0,
          false,
          true,
          'owner',
          permission('note:none'),
          Notes,
          ownerOf(Notes, 'id'),
        ]) {
          const refusal = await failure(security.authorize(request, login, rule as never, 'x'));
          expect(refusal).to.be.instanceOf(ConfigurationError);
        }
        for (const name of ['', undefined, 1]) {
          const refusal = await failure(security.authorize(request, login, 'editor', name as never));
          expect(refusal).to.be.instanceOf(ConfigurationError);
        }
      },
      { roles: ['editor', 'reader'] },
    );
  });
});
