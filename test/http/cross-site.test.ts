import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import {
  Authorized,
  CurrentUser,
  Delete,
  Get,
  JsonController,
  Patch,
  Post,
  Put,
  type Action,
} from 'routing-controllers';
import type { User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, provider, startApi } from '../support/scripted';

const CROSS_SITE = { name: 'CrossSiteError', code: 'cross_site', message: 'Access Denied' };
const TRUSTED = 'https://app.example';

/** A provider of each kind of credential, and the headers by which it recognises ann. */
const CREDENTIALS = {
  basic: { authorization: 'Basic YTpi' },
  negotiate: { authorization: 'nEgOtIaTe abc' },
  bearer: { authorization: 'Bearer abc' },
  cookie: { cookie: 'sid=1' },
  apiKey: { 'x-api-key': '1' },
} as const;
const providers = Object.entries({ authorization: 'p', cookie: 'c', 'x-api-key': 'k' }).map(
  ([credential, name]) =>
    provider(name, (request) => (request.header(credential) === undefined ? null : { username: 'ann' }), {
      credential,
    }),
);
const AMBIENT = ['basic', 'negotiate', 'cookie'] as const;
const DELIBERATE = ['bearer', 'apiKey'] as const;

/** What a browser may say about where a request comes from, and whether ambient credentials count with it. */
const ORIGINS: readonly [title: string, headers: Record<string, string>, counts: boolean][] = [
  ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }, true],
  ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }, true],
  ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }, false],
  ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, false],
  ['an unknown Sec-Fetch-Site', { 'sec-fetch-site': 'sideways' }, false],
  ['its own Origin', { origin: 'http://api.example', host: 'api.example' }, true],
  ['its own Origin with the default port', { origin: 'http://api.example', host: 'api.example:80' }, true],
  ['a foreign Origin', { origin: 'https://evil.example', host: 'api.example' }, false],
  ['another port', { origin: 'http://api.example:81', host: 'api.example' }, false],
  ['an Origin that ends like its own', { origin: 'http://xapi.example', host: 'api.example' }, false],
  ['Origin: null', { origin: 'null' }, false],
  ['an Origin that is none', { origin: 'http://' }, false],
  ['a trusted Origin', { origin: TRUSTED }, true],
  ['a trusted Origin, cross-site', { origin: TRUSTED, 'sec-fetch-site': 'cross-site' }, true],
  ['an Origin like a trusted one', { origin: `${TRUSTED}.evil.example` }, false],
  ['a trusted Origin over http', { origin: 'http://app.example' }, false],
  [
    'its own Origin but Sec-Fetch-Site: cross-site',
    { origin: 'http://api.example', host: 'api.example', 'sec-fetch-site': 'cross-site' },
    false,
  ],
];

for (const driver of DRIVERS) {
  describe(`Cross-site requests on ${driver.name}`, () => {
    beforeEach(reset);
    const start = () => startApi(driver, { security: { providers, trustedOrigins: [TRUSTED] } });

    for (const [title, headers, counts] of ORIGINS) {
      it(`${counts ? 'pass' : 'are refused'} with ambient credentials and ${title}`, async () => {
        await using api = await start();
        for (const kind of AMBIENT) {
          const reply = await api.post('/guarded', { ...CREDENTIALS[kind], ...headers });
          expect(reply.status, kind).to.equal(counts ? 200 : 403);
          if (!counts) {
            expect(reply.json(), kind).to.deep.equal(CROSS_SITE);
            expect(reply.challenges, kind).to.deep.equal([]);
          }
        }
        expect(api.ran.length).to.equal(counts ? AMBIENT.length : 0);
      });

      it(`pass with credentials that a page must add itself and ${title}`, async () => {
        await using api = await start();
        for (const kind of DELIBERATE) {
          const reply = await api.post('/guarded', { ...CREDENTIALS[kind], ...headers });
          expect(reply.status, kind).to.equal(200);
        }
      });

      it(`pass with a safe method and ${title}`, async () => {
        await using api = await start();
        for (const kind of AMBIENT) {
          const sent = { ...CREDENTIALS[kind], ...headers };
          expect((await api.get('/guarded', sent)).status, kind).to.equal(200);
          const head = await api.server.raw('/guarded', { method: 'HEAD', headers: sent });
          expect(head.status, kind).to.equal(200);
        }
      });
    }

    it('are refused with a cookie that the provider reads without saying so', async () => {
      const shy = (name: string, header: string) =>
        provider(name, (request) => (request.header(header) === undefined ? null : { username: 'ann' }), {
          credential: 'x-api-key',
        });
      const security = { providers: [shy('s', 'cookie'), shy('k', 'x-api-key')] };
      await using api = await startApi(driver, { security });
      const foreign = { 'sec-fetch-site': 'cross-site' };
      expect((await api.post('/guarded', { cookie: 'sid=1', ...foreign })).status).to.equal(403);
      expect((await api.post('/guarded', { cookie: 'sid=1' })).status).to.equal(403);
      expect((await api.post('/guarded', { 'x-api-key': '1', ...foreign })).status).to.equal(200);
      expect(api.ran).to.deep.equal(['change']);
    });

    it('pass without any of the headers, but for a cookie', async () => {
      await using api = await start();
      for (const kind of ['basic', 'negotiate', 'bearer', 'apiKey'] as const) {
        expect((await api.post('/guarded', CREDENTIALS[kind])).status, kind).to.equal(200);
      }
      const cookie = await api.post('/guarded', CREDENTIALS.cookie);
      expect([cookie.status, cookie.json()]).to.deep.equal([403, CROSS_SITE]);
      const denied = api.events.filter((event) => event.type === 'denied');
      expect(denied.map(({ reason }) => reason)).to.deep.equal(['has neither Sec-Fetch-Site nor Origin']);
    });

    it('are refused for every unsafe method, on open actions too, and the event names the user', async () => {
      @JsonController()
      class Open {
        @Post('/open') post(@CurrentUser() user?: User) {
          return { user };
        }
        @Put('/open') put(@CurrentUser() user?: User) {
          return { user };
        }
        @Patch('/open') patch(@CurrentUser() user?: User) {
          return { user };
        }
        @Delete('/open') delete(@CurrentUser() user?: User) {
          return { user };
        }
        @Authorized((_user: User, _request: unknown) => true) @Post('/guarded') guarded() {
          return {};
        }
        @Get('/open') get() {
          return {};
        }
      }
      await using api = await startApi(driver, { host: { controllers: [Open] }, security: { providers } });
      const headers = { ...CREDENTIALS.basic, origin: 'https://evil.example' };
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status, text } = await api.server.raw('/open', { method, headers });
        expect([status, JSON.parse(text)], method).to.deep.equal([403, CROSS_SITE]);
      }
      expect((await api.post('/guarded', headers)).status).to.equal(403);
      const denied = api.events.filter((event) => event.type === 'denied');
      expect(denied).to.have.length(5);
      expect(denied[0]).to.include({ code: 'cross_site', user: 'ann', method: 'POST', path: '/open' });
      expect(denied[0]).to.have.property('reason', 'sent by a page of a foreign site');
    });

    it('are told no more than others when their credentials are wrong', async () => {
      const nobody = provider('p', () => null, { challenge: { scheme: 'Basic' } });
      await using api = await startApi(driver, { security: { providers: [nobody] } });
      const reply = await api.post('/guarded', { ...CREDENTIALS.basic, origin: 'https://evil.example' });
      expect([reply.status, reply.json().code]).to.deep.equal([401, 'authentication_required']);
    });

    it('cannot hide an unsafe method behind a method override', async () => {
      let seen: Action | undefined;
      const spying = provider('p', (request) => ((seen = request.action), { username: 'ann' }));
      await using api = await startApi(driver, { security: { providers: [spying] } });
      const reply = await api.post('/guarded?_method=GET', {
        ...CREDENTIALS.basic,
        origin: 'https://evil.example',
        'x-http-method-override': 'GET',
      });
      expect(reply.status).to.equal(403);
      expect(seen).not.to.equal(undefined);
      expect(api.ran).to.deep.equal([]);
    });

    it('cannot turn unsafe once their login is decided', async () => {
      const started: Api[] = [];
      const turn = async (request: IncomingMessage): Promise<void> => {
        await started[0]!.security.authenticate(request);
        request.method = /_method=(\w+)/.exec(request.url!)?.[1] ?? request.method!;
      };
      await using api = await startApi(driver, {
        security: { providers },
        around: {
          koa: { before: (app) => app.use((context, next) => turn(context.req).then(next)) },
          express: {
            before: (app) => app.use((request, _, next) => void turn(request).then(() => next(), next)),
          },
        },
      });
      started.push(api);
      const page = { ...CREDENTIALS.cookie, 'sec-fetch-site': 'cross-site' };
      const link = await api.get('/guarded?_method=POST', page);
      expect([link.status, link.json()]).to.deep.equal([403, CROSS_SITE]);
      expect(api.ran).to.deep.equal([]);
      const own = { ...CREDENTIALS.cookie, 'sec-fetch-site': 'same-origin' };
      expect((await api.get('/guarded?_method=POST', own)).status).to.equal(200);
      expect((await api.get('/guarded', page)).status).to.equal(200);
      expect(api.ran).to.deep.equal(['change', 'guarded']);
    });
  });
}
