import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { Container } from 'typedi';
import {
  type Authentication,
  BadCredentialsError,
  createSecurity,
  CrossSiteError,
  InvalidRequestError,
  SecurityFaultError,
  type SecurityEvent,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
} from '../../src';
import { MemoryLogger, reset } from '../support/reset';
import { provider, type ProviderClass, store } from '../support/scripted';

const byName = (credential: string) =>
  provider(
    credential,
    (request: SecurityRequest) => {
      const user = request.header(credential);
      if (user === 'bad') throw new BadCredentialsError();
      if (user === 'down') throw new ServiceUnavailableError();
      if (user === 'bug') throw undefined;
      return user === undefined ? null : { username: user, password: 'canary' };
    },
    { credential },
  );

/** A plain server whose requests are authenticated by hand: what came of it, and the request. */
async function authenticate(
  headers: http.OutgoingHttpHeaders | string[],
  options: SecurityOptions = {},
): Promise<{ login?: Authentication | undefined; error?: unknown; events: SecurityEvent[] }> {
  const events: SecurityEvent[] = [];
  const security = createSecurity({
    logger: new MemoryLogger(),
    onEvent: (event) => void events.push(event),
    providers: [byName('x-user'), byName('cookie')],
    ...options,
  });
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // The server does not close what was upgraded.
  const sockets: Duplex[] = [];
  server.on('connection', (socket: Duplex) => sockets.push(socket));
  try {
    const request = await new Promise<http.IncomingMessage>((resolve) => {
      server.on('request', resolve);
      server.on('upgrade', (incoming: http.IncomingMessage, _socket: Duplex) => resolve(incoming));
      const client = http.get({
        port,
        host: '127.0.0.1',
        path: '/socket?token=x',
        headers: headers as never,
      });
      client.on('error', () => {});
    });
    const logins = await Promise.all([security.authenticate(request), security.authenticate(request)]);
    expect(logins[0]).to.equal(logins[1]);
    return { login: logins[0], events };
  } catch (error) {
    return { error, events };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await security.close();
  }
}

const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket' };

describe('authenticate() outside of an action', () => {
  beforeEach(reset);

  for (const [title, more] of [
    ['a plain request', {}],
    ['an upgrade', UPGRADE],
  ] as const) {
    it(`gives the login of ${title}, once, without the password`, async () => {
      const { login, error, events } = await authenticate({ 'x-user': 'ann', ...more });
      expect(error).to.equal(undefined);
      expect(login?.user).to.deep.equal({ username: 'ann' });
      expect(events).to.have.length(1);
      expect(events[0]).to.include({
        type: 'authenticated',
        method: 'GET',
        path: '/socket',
        route: undefined,
        ip: '127.0.0.1',
        user: 'ann',
      });
    });

    it(`gives undefined for ${title} without credentials`, async () => {
      expect(await authenticate(more)).to.deep.equal({ login: undefined, events: [] });
    });

    for (const [user, expected] of [
      ['bad', BadCredentialsError],
      ['down', ServiceUnavailableError],
      ['bug', SecurityFaultError],
    ] as const) {
      it(`throws for ${title} with what is ${user}`, async () => {
        const { error, login } = await authenticate({ 'x-user': user, ...more });
        expect(login).to.equal(undefined);
        expect(error).to.be.instanceOf(expected);
      });
    }
  }

  it('throws for an inactive user', async () => {
    const inactive = provider('p', () => ({ username: 'ann', active: false }));
    expect((await authenticate({}, { providers: [inactive] })).error).to.be.instanceOf(BadCredentialsError);
  });

  it('throws for two Authorization lines', async () => {
    const lines = ['Host', 'x', 'Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpi'];
    expect((await authenticate(lines)).error).to.be.instanceOf(InvalidRequestError);
  });

  it('throws for a WebSocket that a foreign page opens with the cookie of its visitor', async () => {
    const { error, login } = await authenticate({
      cookie: 'ann',
      origin: 'https://evil.example',
      ...UPGRADE,
    });
    expect(login).to.equal(undefined);
    expect(error).to.be.instanceOf(CrossSiteError);
    const own = await authenticate({ cookie: 'ann', origin: 'http://x', host: 'x', ...UPGRADE });
    expect(own.login?.user.username).to.equal('ann');
  });
});

describe('close()', () => {
  beforeEach(reset);

  it('closes each store and provider once, and waits for them', async () => {
    const closed: string[] = [];
    const Provider = class extends provider('p', () => null) {
      async close(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        closed.push('provider');
      }
    };
    const Store = class extends store(() => null) {
      close(): void {
        closed.push('store');
      }
    };
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers: [Provider],
      userstores: [Store, store(() => null)],
    });
    const request = new http.IncomingMessage(null as never);
    Object.defineProperty(request, 'socket', { value: { remoteAddress: '127.0.0.1' } });
    await security.authenticate(request);
    await security.close();
    expect(closed.toSorted()).to.deep.equal(['provider', 'store']);
  });

  it('closes what two instances share with the last of them, and all although one fails', async () => {
    const closed: string[] = [];
    const Store = class extends store(() => null) {
      close(): void {
        closed.push('store');
      }
    };
    const Failing = class extends provider('p', () => null) {
      close(): void {
        closed.push('provider');
        throw new Error('stuck');
      }
    };
    const start = async (providers: ProviderClass[]) => {
      const security = createSecurity({ logger: new MemoryLogger(), providers, userstores: [Store] });
      const request = new http.IncomingMessage(null as never);
      Object.defineProperty(request, 'socket', { value: { remoteAddress: '127.0.0.1' } });
      await security.authenticate(request);
      return security;
    };
    const [one, other] = [await start([provider('q', () => null)]), await start([Failing])];
    await one.close();
    await one.close();
    expect(closed).to.deep.equal([]);
    const error = await other.close().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(closed.toSorted()).to.deep.equal(['provider', 'store']);
  });

  it('closes what it used, although the container has been emptied since', async () => {
    const closed: object[] = [];
    class Store {
      getUser(): null {
        return null;
      }
      close(): void {
        closed.push(this);
      }
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers: [provider('p', () => null)],
      userstores: [Store],
    });
    const request = new http.IncomingMessage(null as never);
    Object.defineProperty(request, 'socket', { value: { remoteAddress: '127.0.0.1' } });
    await security.authenticate(request);
    const used = Container.get(Store);
    Container.reset();
    await security.close();
    expect(closed).to.deep.equal([used]);
  });

  it('does nothing for an instance that was never used', async () => {
    await createSecurity({ logger: new MemoryLogger() }).close();
  });
});
