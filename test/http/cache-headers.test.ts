import { expect } from 'chai';
import type express from 'express';
import type Koa from 'koa';
import {
  Authorized,
  createKoaServer,
  CurrentUser,
  Get,
  Header,
  JsonController,
  Res,
} from 'routing-controllers';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AuthProviderInterface,
  BadCredentialsError,
  createSecurity,
  type SecurityRequest,
  type User,
} from '../../src';
import type { Around } from '../support/drivers';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider, type Reply, startApi } from '../support/scripted';

const PRIVATE = 'private, no-store';
const providers = [
  provider('p', (request) => {
    const authorization = request.header('authorization');
    if (authorization === 'bad') throw new BadCredentialsError();
    return authorization === undefined ? null : { username: 'ann' };
  }),
  provider('k', () => null, { credential: 'X-Api-Key' }),
  provider('c', () => null, { credential: 'cookie' }),
  provider('t', () => null, { credential: 'tls' }),
];
const ANN = { authorization: 'ann' };
const vary = (reply: Reply) => (reply.headers.vary ?? '').split(',').map((name) => name.trim().toLowerCase());

/** Middleware that sets response headers before routing-controllers. */
function setting(headers: Record<string, string>): Around {
  return {
    koa: {
      before: (app: Koa) => {
        app.use((context, next) => {
          context.set(headers);
          return next();
        });
      },
    },
    express: {
      before: (app: express.Express) => {
        app.use((_request, response, next) => {
          response.set(headers);
          next();
        });
      },
    },
  };
}

for (const driver of DRIVERS) {
  describe(`Cache headers on ${driver.name}`, () => {
    beforeEach(reset);
    const start = (around?: Around) =>
      startApi(driver, { security: { providers }, ...(around && { around }) });

    it('make an authenticated reply private and dependent on each credential header', async () => {
      await using api = await start();
      for (const path of ['/guarded', '/open', '/required', '/many']) {
        const reply = await api.get(path, ANN);
        expect([reply.status, reply.headers['cache-control']], path).to.deep.equal([200, PRIVATE]);
        expect(vary(reply), path).to.have.members(['authorization', 'x-api-key', 'cookie']);
      }
    });

    it('make an anonymous reply of an open action dependent, but leave it cacheable', async () => {
      await using api = await start();
      const reply = await api.get('/open');
      expect([reply.status, reply.headers['cache-control']]).to.deep.equal([200, undefined]);
      expect(vary(reply)).to.have.members(['authorization', 'x-api-key', 'cookie']);
    });

    it('make every refusal private', async () => {
      await using api = await start();
      for (const [path, headers, status] of [
        ['/guarded', {}, 401],
        ['/open', { authorization: 'bad' }, 401],
        ['/required', {}, 401],
        ['/admin', ANN, 403],
      ] as const) {
        const reply = await api.get(path, headers);
        expect([reply.status, reply.headers['cache-control']], path).to.deep.equal([status, PRIVATE]);
        expect(vary(reply), path).to.include('authorization');
      }
    });

    it("keep the action's own Cache-Control, however it sets it", async () => {
      @JsonController()
      class Own {
        @Authorized() @Get('/header') @Header('Cache-Control', 'private, max-age=9') header() {
          return {};
        }
        @Get('/response') response(@Res() response: ServerResponse & { set(n: string, v: string): void }) {
          response.set('Cache-Control', 'private, max-age=9');
          return {};
        }
        @Authorized() @Get('/both') both(
          @CurrentUser() _user: User,
          @Res() response: { set(name: string, value: string): void },
        ) {
          response.set('Cache-Control', 'private, max-age=9');
          return {};
        }
      }
      await using api = await startApi(driver, { host: { controllers: [Own] }, security: { providers } });
      for (const path of ['/header', '/response', '/both']) {
        const reply = await api.get(path, ANN);
        expect([reply.status, reply.headers['cache-control']], path).to.deep.equal([
          200,
          'private, max-age=9',
        ]);
      }
      const refused = await api.get('/header');
      expect([refused.status, refused.headers['cache-control']]).to.deep.equal([401, PRIVATE]);
    });

    it('keep the Vary that is there, name nothing twice, and leave * alone', async () => {
      {
        await using api = await start(setting({ Vary: 'Accept-Encoding, AUTHORIZATION' }));
        const names = vary(await api.get('/guarded', ANN));
        expect(names).to.have.members(['accept-encoding', 'authorization', 'x-api-key', 'cookie']);
        const refused = vary(await api.get('/guarded'));
        expect(refused).to.have.members(['accept-encoding', 'authorization', 'x-api-key', 'cookie']);
      }
      await using api = await start(setting({ Vary: '*' }));
      expect((await api.get('/guarded', ANN)).headers.vary).to.equal('*');
    });

    it('replace a Cache-Control that middleware set for everybody', async () => {
      await using api = await start(setting({ 'Cache-Control': 'public, max-age=60' }));
      expect((await api.get('/guarded', ANN)).headers['cache-control']).to.equal(PRIVATE);
      expect((await api.get('/guarded')).headers['cache-control']).to.equal(PRIVATE);
      expect((await api.get('/open')).headers['cache-control']).to.equal('public, max-age=60');
    });

    it('name every header that a provider looked at, whatever it says it reads', async () => {
      class Curious implements AuthProviderInterface {
        authenticate(request: SecurityRequest): User | null {
          return request.header('Authentication-Token') === undefined ? null : { username: 'ann' };
        }
      }
      await using api = await startApi(driver, { security: { providers: [Curious] } });
      expect(vary(await api.get('/open'))).to.have.members(['authorization', 'authentication-token']);
    });
  });
}

describe('A request that is answered twice', () => {
  beforeEach(reset);

  it('marks each reply as personal', async () => {
    class Notes {
      list(user: User) {
        return user.username;
      }
    }
    JsonController()(Notes);
    Authorized()(Notes);
    Get('/notes')(Notes.prototype, 'list');
    CurrentUser()(Notes.prototype, 'list', 0);
    const Named = provider('Named', (request) => ({ username: request.header('authorization') ?? '' }));
    const security = createSecurity({ providers: [Named], logger: new MemoryLogger() });
    const app = createKoaServer(security.secure({ controllers: [Notes] })) as {
      callback(): (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>;
    };
    const answer = app.callback();
    const server = http.createServer((request, response) => {
      const first = new http.ServerResponse(request);
      void answer(request, first).then(() => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const reply = await fetch(`http://127.0.0.1:${port}/notes`, { headers: { authorization: 'ann' } });
      expect([reply.status, await reply.text()]).to.deep.equal([200, 'ann']);
      expect(reply.headers.get('cache-control')).to.equal('private, no-store');
      expect(reply.headers.get('vary')).to.equal('authorization');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
