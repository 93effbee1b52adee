import { execFile } from 'node:child_process';
import http from 'node:http';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import type { ErrorRequestHandler } from 'express';
import { Authorized, Get, InternalServerError, JsonController } from 'routing-controllers';
import { ConfigurationError, createSecurity, PasswordProvider, type User } from '../../src';
import { KerberosProvider } from '../../src/kerberos';
import { basic, DRIVERS, TestServer } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { MemoryLogger, reset } from '../support/reset';
import { type Api, type ApiOptions, fingerprint, type Reply, startApi, toReply } from '../support/scripted';
import { describeWith } from './describe-with';
import { flipped, FOREIGN, KerberosRealm, negotiate, REALM, whyNoKerberos } from './kerberos-realm';

const USERS: Readonly<Record<string, User>> = {
  alice: { username: 'alice', password: hashSync('secret', 4) },
  bob: { username: 'bob', roles: ['admin'] },
  mallory: { username: 'mallory', active: false },
};

class Users {
  getUser = (name: string) => (Object.hasOwn(USERS, name) ? USERS[name] : null);
}
class Kerberos extends KerberosProvider {
  constructor() {
    super({ service: 'HTTP@localhost', realms: [REALM] });
  }
}
class Password extends PasswordProvider {
  constructor() {
    super({ passwords: cheapPasswords, throttle: false });
  }
}
const security = { userstores: [Users], providers: [Kerberos, Password] };

/** The token with which the server proves itself; undefined where the reply has none. */
function proofOf({ challenges }: Reply): string | undefined {
  return challenges.map((value) => /^Negotiate (\S+)$/.exec(value)?.[1]).find((token) => token !== undefined);
}

describeWith(whyNoKerberos('curl', 'faketime'), 'Kerberos over HTTP', function () {
  let realm: KerberosRealm;

  before(async function () {
    this.timeout(60_000);
    realm = new KerberosRealm();
    await realm.start();
  });
  after(() => realm.stop());
  beforeEach(reset);

  /** What curl does as a user: the status, and the reply's headers and body. */
  const curl = async (
    { server }: Pick<Api, 'server'>,
    principal: string,
    how: { args?: string[]; prefix?: string[]; path?: string } = {},
  ) => {
    const { port } = new URL(server.url);
    const [command, ...args] = [
      ...(how.prefix ?? []),
      ...['curl', '-q', '--silent', '--include', '--negotiate', '--user', ':', ...(how.args ?? [])],
      `http://localhost:${port}${how.path ?? '/guarded'}`,
    ];
    const env = { ...process.env, ...realm.kdc.env, KRB5CCNAME: realm.cacheOf(principal) };
    const { stdout } = await promisify(execFile)(command, args, { env });
    return { status: Number(/^HTTP\/1\.1 (\d+)(?![\s\S]*^HTTP\/1\.1)/m.exec(stdout)?.[1]), text: stdout };
  };

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = (options: Partial<ApiOptions> = {}) => startApi(driver, { security, ...options });

      it('challenges by Negotiate on a line of its own, beside Basic', async () => {
        await using api = await start();
        const reply = await api.get('/guarded');
        expect(reply.status).to.equal(401);
        expect(reply.challenges).to.deep.equal(['Negotiate', 'Basic realm="api", charset="UTF-8"']);
      });

      it('challenges by Basic alone those to whom Negotiate is not offered', async () => {
        class Quiet extends KerberosProvider {
          constructor() {
            super({
              service: 'HTTP@localhost',
              realms: [REALM],
              offerTo: (request) => request.header('user-agent') !== 'git/2.39',
            });
          }
        }
        await using api = await start({
          security: { ...security, providers: [Quiet, Password] },
        });
        const basicOnly = ['Basic realm="api", charset="UTF-8"'];
        expect((await api.get('/guarded', { 'user-agent': 'git/2.39' })).challenges).to.deep.equal(basicOnly);
        expect((await api.get('/guarded')).challenges).to.deep.equal(['Negotiate', ...basicOnly]);
      });

      it('grants a ticket, and proves the server to a client that checks it', async () => {
        await using api = await start();
        const { client, token } = await realm.ticket('alice');
        const reply = await api.get('/guarded', { authorization: `Negotiate ${token}` });
        expect([reply.status, reply.json()]).to.deep.equal([200, { user: 'alice' }]);
        await client.step(proofOf(reply) ?? '');
        expect(client.contextComplete).to.equal(true);
        expect(reply.headers['cache-control']).to.equal('private, no-store');
        expect(reply.headers.vary?.toLowerCase()).to.include('authorization');
      });

      it('has a reply that a client refuses when it was changed on the way', async () => {
        await using api = await start();
        const { client, token } = await realm.ticket('alice');
        const reply = await api.get('/guarded', { authorization: `Negotiate ${token}` });
        const outcome = await client
          .step(flipped(proofOf(reply) ?? '', -20))
          .catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(Error);
        expect(client.contextComplete).to.equal(false);
      });

      it('serves curl --negotiate', async () => {
        await using api = await start();
        const { status, text } = await curl(api, 'alice');
        expect(status).to.equal(200);
        expect(text)
          .to.match(/\{"user":"alice"\}$/)
          .and.match(/^www-authenticate: Negotiate \S+\r$/im);
      });

      it('has curl log in by itself for each request on one connection', async () => {
        await using api = await start();
        const url = api.server.url.replace('127.0.0.1', 'localhost');
        let connections = 0;
        api.server.server.on('connection', () => (connections += 1));
        const { text } = await curl(api, 'alice', { args: [`${url}/guarded`, `${url}/open`] });
        expect(text.match(/HTTP\/1\.1 \d+/g)).to.deep.equal(Array(3).fill('HTTP/1.1 200'));
        expect(text.match(/"user":"alice"/g)).to.have.length(3);
        expect(connections).to.equal(1);
      });

      it('still takes a password where there is no ticket', async () => {
        await using api = await start();
        const reply = await api.get('/guarded', basic('alice', 'secret'));
        expect([reply.status, proofOf(reply)]).to.deep.equal([200, undefined]);
      });

      it('refuses replay, wrong service, changed bits, foreign realm, unknown and inactive users alike', async () => {
        await using api = await start();
        const used = await realm.header('alice');
        expect((await api.get('/guarded', used)).status).to.equal(200);
        const attempts = {
          replay: used,
          'wrong service': await realm.header('alice', { service: 'HTTP@other.test' }),
          'changed bit': {
            authorization: `Negotiate ${flipped((await realm.ticket('alice')).token, -40)}`,
          },
          'foreign realm': await realm.header(`alice@${FOREIGN}`),
          'unknown user': await realm.header('nobody'),
          'inactive user': await realm.header('mallory'),
        };
        const prints = new Set<string>();
        for (const [what, headers] of Object.entries(attempts)) {
          const reply = await api.get('/guarded', headers);
          expect(reply.status, what).to.equal(401);
          expect(reply.json()['code'], what).to.equal('invalid_credentials');
          expect(reply.challenges, what).to.deep.equal(['Negotiate', 'Basic realm="api", charset="UTF-8"']);
          prints.add(fingerprint(reply));
        }
        expect(prints).to.have.length(1);
        expect(api.ran).to.deep.equal(['guarded']);
      });

      it('takes one of several replays that come at once', async () => {
        await using api = await start();
        const headers = await realm.header('alice');
        const replies = await Promise.all(Array.from({ length: 20 }, () => api.get('/guarded', headers)));
        expect(replies.map(({ status }) => status).sort()).to.deep.equal([
          200,
          ...Array<number>(19).fill(401),
        ]);
      });

      it('keeps the identity on the request, never on the connection (RFC 4559 section 6)', async () => {
        await using api = await start();
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        let connections = 0;
        api.server.server.on('connection', () => (connections += 1));
        const get = async (headers: Record<string, string>) =>
          toReply(await api.server.raw('/guarded', { headers, agent }));
        try {
          expect((await get(await realm.header('alice'))).json()).to.deep.equal({ user: 'alice' });
          const anonymous = await get({});
          expect([anonymous.status, proofOf(anonymous)]).to.deep.equal([401, undefined]);
          expect((await get(await realm.header('bob'))).json()).to.deep.equal({ user: 'bob' });
          expect((await get(basic('alice', 'secret'))).json()).to.deep.equal({ user: 'alice' });
          expect((await get({})).status).to.equal(401);
        } finally {
          agent.destroy();
        }
        expect(connections).to.equal(1);
      });

      it('refuses an unsafe request that a foreign page has a browser send', async () => {
        await using api = await start();
        const foreign = await api.post('/guarded', {
          ...(await realm.header('alice')),
          origin: 'http://evil.test',
        });
        expect([foreign.status, foreign.json()['code']]).to.deep.equal([403, 'cross_site']);
        expect(proofOf(foreign)).to.equal(undefined);
        const marked = await api.post('/guarded', {
          ...(await realm.header('alice')),
          'sec-fetch-site': 'same-site',
        });
        expect(marked.status).to.equal(403);
        expect((await api.post('/guarded', await realm.header('alice'))).status).to.equal(200);
        expect(api.ran).to.deep.equal(['change']);
      });

      it('proves the server whatever becomes of the request', async () => {
        @Authorized()
        @JsonController()
        class Failing {
          @Get('/fault') fault(): never {
            throw new InternalServerError('of the app');
          }
          @Authorized('admin') @Get('/admin') admin() {
            return {};
          }
        }
        for (const defaultErrorHandler of [true, false]) {
          await using api = await start({
            host: { controllers: [Failing], defaultErrorHandler },
            around: {
              koa: {
                before: (app) => {
                  app.use(async (context, next) => {
                    try {
                      await next();
                    } catch (error) {
                      context.status = (error as { httpCode?: number }).httpCode ?? 500;
                      context.body = {};
                    }
                  });
                },
              },
              express: {
                after: (app) => {
                  app.use(((error: { httpCode: number }, _request, response, next) => {
                    if (response.headersSent) next(error);
                    else response.status(error.httpCode).json({});
                  }) satisfies ErrorRequestHandler);
                },
              },
            },
          });
          for (const [path, status] of [
            ['/fault', 500],
            ['/admin', 403],
          ] as const) {
            const { client, token } = await realm.ticket('alice');
            const reply = await api.get(path, { authorization: `Negotiate ${token}` });
            expect(reply.status, path).to.equal(status);
            await client.step(proofOf(reply) ?? '');
            expect(client.contextComplete, path).to.equal(true);
          }
        }
      });

      it('refuses NTLM and junk with the challenge alone, and starts no second leg', async () => {
        await using api = await start();
        const tokens = [
          Buffer.from('NTLMSSP\0\x01\0\0\0'),
          Buffer.from('junk'),
          Buffer.from(
            '602506062b0601050502a01b3019a017301506092a864886f71201020206082b0601050502aa00',
            'hex',
          ),
        ];
        for (const token of tokens) {
          const headers = { authorization: negotiate(token).header('authorization')! };
          const reply = await api.get('/guarded', headers);
          expect([reply.status, reply.json()['code']]).to.deep.equal([401, 'malformed_credentials']);
          expect(reply.challenges[0]).to.equal('Negotiate');
        }
      });
    });
  }

  const [driver] = DRIVERS;
  const start = () => startApi(driver!, { security });

  it('keeps 100 users at once apart, each with a proof of its own', async () => {
    await using api = await start();
    const names = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'alice' : 'bob'));
    const tickets = await Promise.all(names.map((name) => realm.ticket(name)));
    const replies = await Promise.all(
      tickets.map(({ token }) => api.get('/guarded', { authorization: `Negotiate ${token}` })),
    );
    expect(replies.map((reply) => reply.json()['user'])).to.deep.equal(names);
    for (const [index, { client }] of tickets.entries()) {
      await client.step(proofOf(replies[index]!) ?? '');
      expect(client.contextComplete).to.equal(true);
    }
  });

  it('tells once that clocks differ, and refuses (clock skew)', async () => {
    await using api = await start();
    const prefix = ['faketime', '-f', '+20m'];
    for (let round = 0; round < 2; round += 1)
      expect((await curl(api, 'alice', { prefix })).status).to.equal(401);
    const told = api.events.filter(({ type }) => type === 'misconfigured');
    expect(told).to.have.length(1);
    expect(told[0]).to.have.property('problem').that.includes('NTP');
    expect(api.logger.lines.filter((line) => line.includes('NTP'))).to.have.length(1);
    expect((await curl(api, 'alice')).status).to.equal(200);
  });

  it('refuses a ticket that has ended, as any other that is wrong, and takes one that has not', async () => {
    await using api = await start();
    const get = async (seconds: number) => {
      const { token } = await realm.oldTicket('alice', seconds);
      return api.get('/guarded', { authorization: `Negotiate ${token}` });
    };
    expect((await get(7200)).status).to.equal(200);
    const ended = await get(600);
    const wrong = await api.get('/guarded', await realm.header('alice', { service: 'HTTP@other.test' }));
    expect(fingerprint(ended)).to.equal(fingerprint(wrong));
    expect(ended.json()['code']).to.equal('invalid_credentials');
    const { token } = await realm.oldTicket('alice', 600);
    const error: unknown = await new Kerberos()
      .authenticate(negotiate(token), new Users())
      .catch((reason: unknown) => reason);
    expect((error as Error).cause)
      .to.be.an('error')
      .with.property('message', 'Ticket expired');
    expect(api.ran).to.deep.equal(['guarded']);
  });

  it('does not start an app whose keytab has no key of the service, and says so', () => {
    class Absent extends KerberosProvider {
      constructor() {
        super({ service: 'HTTP@absent.test', realms: [REALM] });
      }
    }
    @Authorized()
    @JsonController()
    class Guarded {
      @Get('/guarded') get() {
        return {};
      }
    }
    const secured = createSecurity({ ...security, providers: [Absent], logger: new MemoryLogger() });
    expect(() => driver?.build(secured.secure({ controllers: [Guarded] })))
      .to.throw(ConfigurationError)
      .with.property('message')
      .that.includes('no key for HTTP/absent.test');
  });

  it('refuses a token of more than 64 KiB where the server takes such headers, and Node else', async () => {
    const secured = createSecurity({ ...security, logger: new MemoryLogger() });
    @Authorized()
    @JsonController()
    class Guarded {
      @Get('/guarded') get() {
        return {};
      }
    }
    const listener = driver!.build(secured.secure({ controllers: [Guarded] }));
    const wide = http.createServer({ maxHeaderSize: 200_000 }, listener);
    await new Promise<void>((resolve) => wide.listen(0, '127.0.0.1', resolve));
    await using narrow = await TestServer.start(listener);
    const { port } = wide.address() as { port: number };
    const get = (url: string, size: number) =>
      fetch(`${url}/guarded`, {
        headers: { authorization: `Negotiate ${Buffer.alloc(size, 1).toString('base64')}` },
      });
    try {
      expect((await get(`http://127.0.0.1:${String(port)}`, 100_000)).status).to.equal(401);
      expect((await get(narrow.url, 100_000)).status).to.equal(431);
    } finally {
      wide.closeAllConnections();
      await new Promise((resolve) => wide.close(resolve));
    }
  });

  it('has no token in its log and events, and no realm that is not allowed', async () => {
    await using api = await start();
    const tokens: string[] = [];
    for (const principal of ['alice', 'nobody', `alice@${FOREIGN}`]) {
      const { authorization } = await realm.header(principal);
      tokens.push(authorization.slice(10, 60), authorization.slice(-50));
      await api.get('/guarded', { authorization });
      await api.get('/guarded', { authorization });
    }
    const told = `${api.logger.lines.join('\n')}${JSON.stringify(api.events)}`;
    expect(api.events).to.not.be.empty;
    for (const token of tokens) expect(told).to.not.include(token);
  });
});
