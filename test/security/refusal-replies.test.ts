/** Who an open action sees, and how a refusal ends on each host. */
import http from 'node:http';
import { expect } from 'chai';
import { CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  AccessDeniedError,
  type Authentication,
  BadCredentialsError,
  CurrentAuthentication,
  MalformedCredentialsError,
  Public,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../src';
import { type Around, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';
import { as, CastUserstore, NameProvider, SecuredServer } from '../support/secured-server';

/** Koa as an app gets it: it prints what its own error handling is left with. */
const LOUD: Around = { koa: { before: (app) => void (app.silent = false) } };

/** An app's own error of the family. */
class LockedError extends ServiceUnavailableError {}

/** Keeps what is printed as an error, with hosts that print as they do in production. */
class Terminal implements Disposable {
  readonly #printed: string[] = [];
  readonly #write = process.stderr.write;
  readonly #error = console.error;
  readonly #environment = process.env['NODE_ENV'];

  constructor() {
    process.env['NODE_ENV'] = 'production';
    process.stderr.write = (chunk: unknown) => this.#printed.push(String(chunk)) > 0;
    console.error = (...line: unknown[]) => void this.#printed.push(line.join(' '));
  }

  /** What was printed; hosts print only after they have answered. */
  async lines(): Promise<string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#printed;
  }

  [Symbol.dispose](): void {
    process.stderr.write = this.#write;
    console.error = this.#error;
    if (this.#environment === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = this.#environment;
  }
}

for (const driver of DRIVERS) {
  describe(`Replies to refused requests on ${driver.name}`, () => {
    beforeEach(reset);

    it('the user of an open action is undefined for an anonymous client, and nothing else', async () => {
      @Public()
      @JsonController('/x')
      class Open {
        @Get('/user') user(@CurrentUser() user?: User) {
          return { type: typeof user, user };
        }
        @Get('/login') login(@CurrentAuthentication() login?: Authentication) {
          return { type: typeof login, user: login?.user };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Open] });
      for (const path of ['/x/user', '/x/login']) {
        expect(await app.json(path), path).to.deep.equal({ type: 'undefined' });
        expect(await app.json(path, 'user'), path).to.deep.equal({
          type: 'object',
          user: { username: 'user' },
        });
        const bad = await app.server.raw(path, { headers: { 'x-user': 'unknown' } });
        expect([bad.status, JSON.parse(bad.text)], path).to.deep.equal([401, BODIES.bad]);
      }
    });

    it('required: true refuses an anonymous client of an open action, which does not run', async () => {
      const ran: string[] = [];
      const answer = ({ username }: User) => ({ ran: ran.push(username) });
      class Base {
        @Get('/user') user(@CurrentUser({ required: true }) user: User) {
          return answer(user);
        }
        @Get('/login') login(@CurrentAuthentication({ required: true }) login: Authentication) {
          return answer(login.user);
        }
        @Get('/second') second(@CurrentUser() _user: User, @CurrentUser({ required: true }) user: User) {
          return answer(user);
        }
      }
      @Public()
      @JsonController('/x')
      class Open extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [Open] });
      for (const path of ['/x/user', '/x/login', '/x/second']) {
        const reply = await app.server.raw(path);
        expect([reply.status, JSON.parse(reply.text)], path).to.deep.equal([401, BODIES.missing]);
        expect(reply.response.headers['www-authenticate'], path).to.equal('Name realm="api"');
        expect(ran, path).to.deep.equal([]);
        expect(await app.status(path, 'user'), path).to.equal(200);
        expect(ran.splice(0), path).to.deep.equal(['user']);
      }
    });

    for (const defaultErrorHandler of [true, false]) {
      const title = `with defaultErrorHandler: ${String(defaultErrorHandler)}`;

      it(`thirty 401s and 403s keep one socket and print nothing ${title}`, async () => {
        using terminal = new Terminal();
        const security = { providers: [NameProvider], userstores: [CastUserstore] };
        await using api = await startApi(driver, { security, host: { defaultErrorHandler }, around: LOUD });
        let sockets = 0;
        api.server.server.on('connection', () => (sockets += 1));
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        try {
          const statuses: number[] = [];
          for (let count = 0; count < 15; count += 1) {
            for (const who of ['nobody', 'user'] as const) {
              const reply = await api.server.raw('/admin', { agent, headers: as(who) });
              expect(reply.response.headers.connection).to.equal('keep-alive');
              statuses.push(reply.status);
            }
          }
          expect(statuses).to.deep.equal(Array.from({ length: 15 }, () => [401, 403]).flat());
        } finally {
          agent.destroy();
        }
        expect(sockets).to.equal(1);
        expect(await terminal.lines()).to.deep.equal([]);
        expect(api.ran).to.deep.equal([]);
      });

      it(`each refusal reaches the client with its own status and prints nothing ${title}`, async () => {
        using terminal = new Terminal();
        const refusals: [() => unknown, number][] = [
          [() => new MalformedCredentialsError({}, 400), 400],
          [() => new BadCredentialsError(), 401],
          [() => new ThrottledError(), 429],
          [() => new ServiceUnavailableError(), 503],
          [() => new LockedError(), 503],
          [() => new TypeError('x is undefined'), 500],
        ];
        for (const [error, status] of refusals) {
          const throwing = provider('p', () => Promise.reject(error()));
          const security = { providers: [throwing] };
          await using api = await startApi(driver, { security, host: { defaultErrorHandler }, around: LOUD });
          for (const path of ['/guarded', '/admin', '/open', '/required']) {
            expect((await api.get(path)).status, `${String(status)} at ${path}`).to.equal(status);
          }
          expect(api.ran).to.deep.equal([]);
        }
        expect(await terminal.lines()).to.deep.equal([]);
      });

      it(`an error of the family that an action throws has its status too ${title}`, async () => {
        using terminal = new Terminal();
        @Public()
        @JsonController('/x')
        class Throwing {
          @Get('/locked') locked() {
            throw new LockedError({ retryAfterSeconds: 7 });
          }
          @Get('/denied') denied() {
            throw new AccessDeniedError();
          }
        }
        const host = { controllers: [Throwing], defaultErrorHandler };
        const security = { providers: [NameProvider], userstores: [CastUserstore] };
        await using api = await startApi(driver, { security, host, around: LOUD });
        const locked = await api.get('/x/locked');
        expect([locked.status, locked.headers['retry-after']]).to.deep.equal([503, '7']);
        expect((await api.get('/x/denied')).status).to.equal(403);
        expect(await terminal.lines()).to.deep.equal([]);
      });
    }
  });
}
