/** The option `explain`: what a line says, and what no line and no reply ever says. */
import { expect } from 'chai';
import { Authorized, Body, Get, JsonController, Post } from 'routing-controllers';
import {
  BadCredentialsError,
  createSecurity,
  Public,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { basic, DRIVERS, type Driver, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, provider, startApi } from '../support/scripted';

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const ID_HEADER = 'x-securest-explain-id';

/** Who may be named in `X-User`; what is no name is a fault of the provider. */
const byName = provider(
  'Name',
  (request) => {
    const name = request.header('x-user');
    if (name === undefined) return null;
    if (name === 'down') throw new ServiceUnavailableError({ cause: new Error('connect ECONNREFUSED') });
    if (name === 'fast') throw new ThrottledError();
    if (name === 'bug') throw new TypeError('a bug');
    if (name === 'nobody') throw new BadCredentialsError({ cause: new Error('no such user') });
    return { username: name, roles: [name], active: name !== 'gone' };
  },
  { credential: 'x-user' },
);

class Weekday {
  authorize(request: SecurityRequest): { granted: boolean; reason: string } {
    return { granted: request.header('x-day') !== 'sunday', reason: 'closed on Sundays' };
  }
}

const broken = (): boolean => {
  throw new Error('no calendar');
};

function notes() {
  @Authorized()
  @JsonController('/notes')
  class Notes {
    @Get('/:id') one() {
      return 'a note';
    }
    @Authorized('admin') @Post('/:id') change() {
      return 'changed';
    }
    @Authorized(broken) @Get('/of/today') today() {
      return [];
    }
    @Public() @Post('/log/in') logIn(@Body() body: { password: string; more?: unknown }) {
      const quoted = body.more === undefined ? '' : JSON.stringify(body);
      throw new BadCredentialsError({ cause: new Error(`hash of ${body.password} differs${quoted}`) });
    }
  }
  return Notes;
}

async function start(driver: Driver, more: SecurityOptions = {}): Promise<Api> {
  const security = { providers: [byName], authorizationProviders: [Weekday], ...more };
  return startApi(driver, { security, host: { controllers: [notes()] } });
}

/** The lines that say why, without the names that each has. */
function told({ logger }: Api): string[] {
  return logger.lines
    .filter((line) => /^info securest: \d{3} /.test(line))
    .map((line) => {
      expect(line).to.match(new RegExp(` \\[${UUID.source}\\]$`));
      return line.replace('info securest: ', '').replace(/ \[[^\]]+\]$/, '');
    });
}

for (const driver of DRIVERS) {
  describe(`Explained refusals on ${driver.name}`, () => {
    beforeEach(reset);

    it('say the status, the action, and which rule or provider refused', async () => {
      await using api = await start(driver, { explain: 'log' });
      await api.get('/notes/1');
      await api.get('/notes/1', { 'x-user': 'nobody' });
      await api.get('/notes/1', { 'x-user': 'gone' });
      await api.get('/notes/1', { 'x-user': 'down' });
      await api.get('/notes/1', { 'x-user': 'fast' });
      await api.post('/notes/1?x=1', { 'x-user': 'editor' });
      await api.get('/notes/1', { 'x-user': 'editor', 'x-day': 'sunday' });
      expect(told(api)).to.deep.equal([
        '401 GET /notes/1 (Notes.one) authentication_required; Name no_credentials',
        '401 GET /notes/1 (Notes.one) invalid_credentials by Name; Name bad_credentials (Error: no such user)',
        '401 GET /notes/1 (Notes.one) invalid_credentials by Name; Name inactive; Error: The credentials are right, and the user is not active',
        '503 GET /notes/1 (Notes.one) authentication_unavailable by Name; Name unavailable (Error: connect ECONNREFUSED)',
        '429 GET /notes/1 (Notes.one) too_many_attempts by Name; Name throttled',
        '403 POST /notes/1 (Notes.change) role admin (Notes.change) for editor; Name authenticated',
        '403 GET /notes/1 (Notes.one) Weekday: closed on Sundays for editor; Name authenticated',
      ]);
    });

    it('say the cause of a fault, and what an action refused itself', async () => {
      await using api = await start(driver, { explain: 'log' });
      await api.get('/notes/of/today', { 'x-user': 'editor' });
      await api.server.fetch('/notes/log/in', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ password: 'x' }),
      });
      expect(told(api)).to.deep.equal([
        '500 GET /notes/of/today (Notes.today) Notes.today refused for editor; Name authenticated; Error: no calendar',
        '401 POST /notes/log/in (Notes.logIn) invalid_credentials by Notes.logIn; Error: hash of x differs',
      ]);
    });

    it('say nothing of requests that are let in, and of any request when off', async () => {
      await using api = await start(driver, { explain: 'log' });
      await api.get('/notes/1', { 'x-user': 'editor' });
      await api.get('/nowhere');
      expect(told(api)).to.deep.equal([]);
      await using quiet = await start(driver);
      await quiet.get('/notes/1');
      expect(told(quiet)).to.deep.equal([]);
    });

    it('say no secret, whoever quotes it, and are one line each', async () => {
      const quoting = provider('Quoting', (request) => {
        const raw = request.action.request as { url: string };
        const [, , ...values] = raw.url.split(/[?&=]/);
        const sent = [request.header('authorization'), request.header('cookie'), raw.url, ...values].join(
          ' ',
        );
        const hash = '$2b$12$canaryhashcanaryhashcanary';
        throw new BadCredentialsError({ cause: new Error(`${sent}\n${hash}\u2028eyJh.canary.b`) });
      });
      class Quotes {
        authorize(request: SecurityRequest) {
          return { granted: false, reason: `not by ${request.header('authorization') ?? ''}` };
        }
      }
      const canaries = [
        'canary-password',
        'canary-cookie',
        'canary-query',
        'canary-body',
        'canary\\"-text',
        '987654',
        'canaryhash',
        'eyJh.',
      ];
      const headers = {
        ...basic('ann', 'canary-password'),
        cookie: 'sid=canary-cookie-1234',
        'content-type': 'application/json',
      };
      await using api = await start(driver, { explain: 'log', providers: [quoting] });
      await api.get('/notes/1?token=canary-query%20', headers);
      const body = JSON.stringify({
        password: 'canary-body',
        pin: 987654,
        more: [{ deep: 'canary-body-2' }, 'canary"-text'],
      });
      await api.server.fetch('/notes/log/in', { method: 'POST', headers, body });
      const granting = provider('Granting', () => ({ username: 'ann\r\nforged' }));
      await using denying = await start(driver, {
        explain: 'log',
        providers: [granting],
        authorizationProviders: [Quotes],
      });
      await denying.get('/notes/1', headers);
      const lines = [...told(api), ...told(denying)];
      expect(lines).to.have.length(3);
      expect(lines[0]).to.include('***');
      expect(lines[1]).to.include('hash of *** differs');
      expect(lines[2]).to.include('not by ***').and.include('ann\\u000d\\u000aforged');
      for (const line of lines) {
        expect(line).not.to.match(/[\p{Cc}\u2028]/u);
        for (const canary of canaries) expect(line).not.to.include(canary);
      }
    });

    it('stay short and keep their name, however long and odd a cause is', async () => {
      const long = provider('Long', () => {
        throw new BadCredentialsError({ cause: new Error('\n'.repeat(100_000)) });
      });
      await using api = await start(driver, { explain: 'log', providers: [long] });
      await api.get(`/notes/${'x'.repeat(3000)}`);
      const [line = ''] = told(api);
      expect(line.length).to.be.within(100, 2000);
    });

    it('leave replies byte for byte as they are, but for the header of the one that names its line', async () => {
      const replies = async (explain: 'off' | 'log' | 'reply') => {
        await using api = await start(driver, { explain });
        const all: unknown[] = [];
        for (const headers of [{}, { 'x-user': 'nobody' }, { 'x-user': 'down' }, { 'x-user': 'editor' }]) {
          const { status, text, rawHeaders } = await api.post('/notes/1', headers);
          const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]]] : []));
          all.push({ status, text, headers: pairs.filter(([name]) => name?.toLowerCase() !== 'date') });
        }
        return all as { headers: [string, string][] }[];
      };
      const plain = await replies('off');
      expect(await replies('log')).to.deep.equal(plain);
      const named = await replies('reply');
      for (const { headers } of named)
        expect(headers.map(([name]) => name.toLowerCase())).to.include(ID_HEADER);
      const without = named.map((reply) => ({
        ...reply,
        headers: reply.headers.filter(([name]) => name.toLowerCase() !== ID_HEADER),
      }));
      expect(without).to.deep.equal(plain);
    });

    it('are named to clients on this machine alone, and to none behind a proxy', async () => {
      await using api = await start(driver, { explain: 'reply' });
      const id = (await api.get('/notes/1')).headers[ID_HEADER];
      expect(id).to.match(UUID);
      expect(api.logger.lines.at(-1)).to.include(`[${String(id)}]`);
      expect((await api.get('/notes/1', { 'x-user': 'editor' })).headers[ID_HEADER]).to.equal(undefined);
      for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'via']) {
        const { status, headers } = await api.get('/notes/1', { [name]: '127.0.0.1' });
        expect([status, headers[ID_HEADER]], name).to.deep.equal([401, undefined]);
      }
      expect(told(api)).to.have.length(6);
      api.server.server.prependListener('connection', (socket) => {
        Object.defineProperty(socket, 'remoteAddress', { value: '203.0.113.9' });
      });
      const { status, response } = await api.server.raw('/notes/1', { agent: false });
      expect([status, response.headers[ID_HEADER]]).to.deep.equal([401, undefined]);
      expect(told(api)).to.have.length(7);
    });

    it('are named by a host that leaves errors to the app', async () => {
      const security = { providers: [byName], explain: 'reply' } as const;
      const host = { controllers: [notes()], defaultErrorHandler: false };
      await using api = await startApi(driver, { security, host });
      const { status, headers } = await api.get('/notes/1');
      expect([status, UUID.test(String(headers[ID_HEADER]))]).to.deep.equal([401, true]);
    });
  });
}

describe('Guards outside of actions', () => {
  beforeEach(reset);

  it('explain what they refuse', async () => {
    const lines: string[] = [];
    const logger = { info: (line: string) => lines.push(line), warn: () => {}, error: () => {} };
    const security = createSecurity({ logger, providers: [byName], explain: 'reply' });
    const guard = security.guard('admin', { name: 'files' });
    await using server = await TestServer.start((request, response) => {
      void guard(request, response).then((granted) => granted && response.end('in'));
    });
    const { status, headers } = await server.fetch('/x?y=1', { headers: { 'x-user': 'editor' } });
    expect(status).to.equal(403);
    expect(lines.at(-1)).to.equal(
      `securest: 403 GET /x (guard files) role admin (guard files) for editor; Name authenticated [${String(headers.get(ID_HEADER))}]`,
    );
  });
});
