/** What the library's own controllers are given: bodies, proofs of passwords and of their own, the cross-site check. */
import { expect } from 'chai';
import express from 'express';
import { Authorized, createParamDecorator, Get, JsonController, Post } from 'routing-controllers';
import {
  Authentication,
  BadCredentialsError,
  type Constructor,
  MemoryUserstore,
  PasswordProvider,
  Public,
  type SecurityEvent,
  type SecurityOptions,
  ServiceUnavailableError,
} from '../../src';
import { answered, type Answers } from '../../src/decorators/answers';
import { answer, redirectTo } from '../../src/http/own-reply';
import { readBody, textIn } from '../../src/http/read-body';
import { MemoryCounter } from '../../src/throttle/memory-counter';
import { Throttle, type ThrottleOptions } from '../../src/throttle/throttle';
import { type Around, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { QUIET, SecuredServer } from '../support/secured-server';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

type Run = (answers: Answers, action: Parameters<Answers['request']>[0]) => Promise<unknown>;

const own = (run: Run): ParameterDecorator =>
  createParamDecorator({
    value: answered('test', (answers, action) => answers.settle(() => run(answers, action))),
  }) as ParameterDecorator;

const described = (login: Authentication) => {
  const { user, provedBy, source, methods } = login;
  return { username: user.username, hash: user.password ?? null, provedBy, source: source ?? null, methods };
};

function controller(): Constructor<object> {
  @JsonController()
  class Own {
    @Public() @Post('/body') body(
      @own(async (_answers, action) => {
        const { members, isForm } = await readBody(action);
        return answer(action, { status: 200, json: { ...members, isForm } });
      })
      reply: unknown,
    ) {
      return reply;
    }
    @Public() @Post('/login') login(
      @own(async (answers, action) => {
        answers.refuseCrossSite(action);
        const body = await readBody(action);
        const [username = '', password = ''] = [textIn(body, 'username'), textIn(body, 'password')];
        const login = await answers.provePassword(action, { username, password });
        const headers = { 'Set-Cookie': ['a=1', 'b=2'] };
        return answer(action, { status: 201, headers, json: described(login) });
      })
      reply: unknown,
    ) {
      return reply;
    }
    @Public() @Post('/proof') proof(
      @own(async (answers, action) => {
        const name = textIn(await readBody(action), 'name') ?? '';
        const login = await answers.prove(action, 'proof()', async (_request, store) => {
          if (name === 'down') throw new ServiceUnavailableError();
          if (name === 'bug') throw new Error('secret');
          const user = await store.getUser(name);
          if (user === null || user === undefined) throw new BadCredentialsError();
          return new Authentication(user, { factors: [{ method: 'swk', at: new Date(1) }] });
        });
        return answer(action, { status: 200, json: described(login) });
      })
      reply: unknown,
    ) {
      return reply;
    }
    @Public() @Get('/away') away(
      @own(async (_answers, action) => answer(action, redirectTo('/there?x=1'))) reply: unknown,
    ) {
      return reply;
    }
    @Public() @Post('/nothing') nothing(
      @own(async (_answers, action) => answer(action, { status: 204 })) reply: unknown,
    ) {
      return reply;
    }
  }
  return Own;
}

const HASH = cheapPasswords.hash('correct horse');
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** A throttle whose time stands still. */
function stopped(options: ThrottleOptions): Throttle {
  return new Throttle(options, ({ seconds, maxKeys }) => new MemoryCounter(seconds, maxKeys, () => 1));
}

const BIG = 4711;
/** Parsers of the app's own, whose errors are not printed. One number is made a bigint. */
const PARSED: Around = {
  express: {
    before: (app) => {
      const reviver = (_name: string, value: unknown) => (value === BIG ? BigInt(BIG) : value);
      app.use(express.json({ limit: '1mb', reviver }), express.urlencoded({ limit: '1mb', extended: true }));
    },
    after: (app) => QUIET.express?.after?.(app),
  },
};

for (const driver of DRIVERS) {
  describe(`The library's own controllers on ${driver.name}`, () => {
    let events: SecurityEvent[];
    beforeEach(() => {
      reset();
      events = [];
    });

    const start = async (
      security: Partial<SecurityOptions> = {},
      { isParsed = false, provider = {} } = {},
    ) => {
      const hash = await HASH;
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', password: hash, roles: ['editor'] },
              { username: 'a:b', password: hash },
              { username: 'gone', password: hash, active: false },
            ],
          });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic: false, ...provider });
        }
      }
      return SecuredServer.start(
        driver,
        {
          controllers: [controller()],
          security: {
            userstores: [Users],
            providers: [Password],
            onEvent: (event) => void events.push(event),
            ...security,
          },
        },
        isParsed ? PARSED : undefined,
      );
    };
    const post = async (
      api: SecuredServer,
      path: string,
      body: string,
      headers: Record<string, string> = {},
      type: string | undefined = JSON_TYPE,
    ) => {
      const { status, response, text } = await api.server.raw(
        path,
        {
          method: 'POST',
          headers: { origin: api.server.url, ...(type && { 'content-type': type }), ...headers },
        },
        body,
      );
      return {
        status,
        headers: response.headers,
        json:
          response.headers['content-type']?.startsWith('application/json') === true
            ? (JSON.parse(text) as Record<string, unknown>)
            : undefined,
      };
    };

    for (const isParsed of driver.isExpress ? [false, true] : [false]) {
      const hasParser = isParsed || !driver.isExpress;
      describe(isParsed ? 'where the app has parsed bodies' : 'where nobody has parsed bodies', () => {
        it('read JSON and forms alike', async () => {
          await using api = await start({}, { isParsed });
          expect((await post(api, '/body', '{"a":"1","b":{"c":2}}')).json).to.deep.equal({
            a: '1',
            b: { c: 2 },
            isForm: false,
          });
          expect((await post(api, '/body', 'a=1&b=x+y%26', {}, FORM_TYPE)).json).to.deep.equal({
            a: '1',
            b: 'x y&',
            isForm: true,
          });
          expect((await post(api, '/body', '{}', {}, 'Application/JSON; charset="UTF-8"')).status).to.equal(
            200,
          );
        });

        it('take no body for an empty one', async () => {
          await using api = await start({}, { isParsed });
          expect((await post(api, '/body', '', {}, undefined)).json).to.deep.equal({ isForm: false });
          expect((await post(api, '/body', '', {}, FORM_TYPE)).json).to.deep.equal({ isForm: true });
        });

        for (const [name, body, type] of [
          ['text', 'a=1', 'text/plain'],
          ['no type', 'a=1', ''],
          ['an upload', 'a=1', 'multipart/form-data; boundary=x'],
          ['JSON of another kind', '{}', 'application/json-patch+json'],
          ['another charset', '{}', 'application/json; charset=utf-16'],
          ['an array', '[1]', JSON_TYPE],
          ['null', 'null', JSON_TYPE],
          ['a text of JSON', '"a"', JSON_TYPE],
          ['broken JSON', '{"a":', JSON_TYPE],
          ['a form with a name twice', 'a=1&a=2', FORM_TYPE],
          ['JSON of more than 64 KiB', JSON.stringify({ a: 'x'.repeat(65_536) }), JSON_TYPE],
          ['a form of more than 64 KiB', `a=${'x'.repeat(65_536)}`, FORM_TYPE],
        ] as const) {
          it(`refuse ${name} by 400`, async () => {
            await using api = await start({}, { isParsed });
            const reply = await post(api, '/body', body, {}, type);
            // A parser of the host or the app answers for what it cannot parse itself.
            expect(reply.status).to.be.oneOf(hasParser ? [400, 413] : [400]);
            if (!hasParser) expect(reply.json).to.include({ code: 'invalid_request' });
          });
        }

        if (hasParser) {
          it('refuse a form by 400 whose names the parser took for lists and objects', async () => {
            await using api = await start({}, { isParsed });
            // The parser of Koa drops names of the prototype.
            const ofPrototype = driver.isExpress ? ['a[toString]=1'] : [];
            for (const body of ['a[]=1', 'a[b]=1', 'a[b][c]=1&d=2', ...ofPrototype]) {
              const { status, json } = await post(api, '/body', body, {}, FORM_TYPE);
              expect(status, body).to.equal(400);
              expect(json, body).to.include({ code: 'invalid_request' });
            }
          });
        }

        if (isParsed) {
          it('refuse JSON by 400 of which the parser made something else', async () => {
            await using api = await start({}, { isParsed });
            const { status, json } = await post(api, '/body', `{"a":${String(BIG)}}`);
            expect(status).to.equal(400);
            expect(json).to.include({ code: 'invalid_request' });
          });
        }

        it('refuse by what was read where no length was sent', async () => {
          await using api = await start({}, { isParsed });
          const chunked = { 'transfer-encoding': 'chunked' };
          const sent = async (size: number, isForm: boolean) => {
            const text = 'x'.repeat(size);
            const [body, type] = isForm ? [`a=${text}`, FORM_TYPE] : [JSON.stringify({ a: text }), JSON_TYPE];
            return (await post(api, '/body', body, chunked, type)).status;
          };
          expect([await sent(50_000, false), await sent(50_000, true)]).to.deep.equal([200, 200]);
          expect(await sent(65_530, false)).to.equal(400);
          // Koa's own parser takes forms of 56 KiB at most.
          expect(await sent(65_536, true)).to.equal(driver.isExpress ? 400 : 413);
        });
      });
    }

    it('have members of objects only where they came', async () => {
      await using api = await start();
      const reply = await post(api, '/proof', '{"__proto__":{"name":"ann"}}');
      expect(reply.status).to.be.oneOf(driver.isExpress ? [401] : [400, 401]);
    });

    it('answer by redirects, without a body, and never from a cache', async () => {
      await using api = await start();
      const { status, response } = await api.server.raw('/away');
      expect([status, response.headers.location, response.headers['cache-control']]).to.deep.equal([
        303,
        '/there?x=1',
        'no-store',
      ]);
      const nothing = await post(api, '/nothing', '');
      expect([nothing.status, nothing.json]).to.deep.equal([204, undefined]);
    });

    describe('prove a password', () => {
      const login = (username: string, password: string) => JSON.stringify({ username, password });

      it('as a login of the store, without its hash, and add their cookies', async () => {
        await using api = await start();
        const reply = await post(api, '/login', login('ann', 'correct horse'));
        expect(reply.status).to.equal(201);
        expect(reply.json).to.deep.equal({
          username: 'ann',
          hash: null,
          provedBy: 'login',
          source: { kind: 'userstore', name: 'Users' },
          methods: ['pwd'],
        });
        expect(reply.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
        expect(events.map(({ type }) => type)).to.deep.equal(['authenticated']);
      });

      it('with names that Basic could not send', async () => {
        await using api = await start();
        expect((await post(api, '/login', login('a:b', 'correct horse'))).json).to.include({
          username: 'a:b',
        });
        expect((await post(api, '/login', login('a', 'b:correct horse'))).status).to.equal(401);
      });

      it('alike for a wrong password, unknown and inactive users, with Session as the only challenge', async () => {
        await using api = await start({}, { provider: { basic: true, throttle: false } });
        const replies = [];
        for (const [name, password] of [
          ['ann', 'wrong'],
          ['nobody', 'wrong'],
          ['gone', 'correct horse'],
          ['gone', 'wrong'],
        ] as const) {
          const { status, headers, json } = await post(api, '/login', login(name, password));
          replies.push({ status, json, challenge: headers['www-authenticate'] });
        }
        for (const reply of replies) {
          expect(reply).to.deep.equal({ ...replies[0], status: 401, challenge: 'Session realm="api"' });
        }
        expect(events.map(({ type }) => type)).to.deep.equal(['failed', 'failed', 'failed', 'failed']);
      });

      it('whatever Authorization says beside, and never by it', async () => {
        await using api = await start({}, { provider: { basic: true } });
        const right = `Basic ${Buffer.from('ann:correct horse').toString('base64')}`;
        expect((await post(api, '/login', login('ann', 'wrong'), { authorization: right })).status).to.equal(
          401,
        );
        expect(
          (await post(api, '/login', login('ann', 'correct horse'), { authorization: 'Basic !' })).status,
        ).to.equal(201);
      });

      it('as many times as the throttle lets them', async () => {
        await using api = await start({}, { provider: { throttle: stopped({ perPair: 2 }) } });
        const statuses = [];
        for (let index = 0; index < 4; index += 1)
          statuses.push((await post(api, '/login', login('ann', 'wrong'))).status);
        const right = await post(api, '/login', login('ann', 'correct horse'));
        expect([...statuses, right.status]).to.deep.equal([401, 401, 429, 429, 429]);
        expect(Number(right.headers['retry-after'])).to.be.greaterThan(0);
      });

      for (const [name, username, password] of [
        ['an empty name', '', 'x'],
        ['an empty password', 'ann', ''],
        ['a name of 256 characters', 'a'.repeat(256), 'x'],
        ['a password of 1,025 bytes', 'ann', 'x'.repeat(1025)],
        ['a NUL', 'ann\u0000', 'x'],
        ['a line end', 'ann', 'x\n'],
        ['half of a character', 'ann\ud83d', 'x'],
        ['halves that would make one', 'ann\ud83d', '\ude00'],
      ] as const) {
        it(`never with ${name}, about which no store is asked`, async () => {
          let asked = 0;
          class Users extends MemoryUserstore {
            constructor() {
              super({ users: [] });
            }
            override getUser() {
              asked += 1;
              return null;
            }
          }
          await using api = await start({ userstores: [Users] });
          const reply = await post(api, '/login', login(username, password));
          expect([reply.status, reply.headers['www-authenticate'], asked]).to.deep.equal([
            401,
            'Session realm="api"',
            0,
          ]);
        });
      }

      it('with a name of 255 characters and a password of 1,024 bytes as any other', async () => {
        await using api = await start();
        const reply = await post(api, '/login', login('a'.repeat(255), 'x'.repeat(1024)));
        expect(reply.json).to.include({ code: 'invalid_credentials' });
      });

      it('by each of several providers, the first one down included', async () => {
        class Other extends CheapPasswordProvider {
          override authenticate(): never {
            throw new ServiceUnavailableError();
          }
        }
        class Password extends CheapPasswordProvider {}
        await using api = await start({ providers: [Other, Password] });
        expect((await post(api, '/login', login('ann', 'correct horse'))).status).to.equal(503);
        await using turned = await start({ providers: [Password, Other] });
        expect((await post(turned, '/login', login('ann', 'correct horse'))).status).to.equal(201);
      });

      it('by what an app added to a provider', async () => {
        class Strict extends CheapPasswordProvider {
          override authenticate(...args: Parameters<PasswordProvider['authenticate']>) {
            if (args[0].header('x-banned') !== undefined) throw new BadCredentialsError();
            return super.authenticate(...args);
          }
        }
        await using api = await start({ providers: [Strict] });
        expect((await post(api, '/login', login('ann', 'correct horse'))).status).to.equal(201);
        expect(
          (await post(api, '/login', login('ann', 'correct horse'), { 'x-banned': '1' })).status,
        ).to.equal(401);
      });

      it('in the clear only where that is not refused', async () => {
        await using api = await start({ requireHttps: true, trustProxy: 1 });
        const body = login('ann', 'correct horse');
        const forwarded = { 'x-forwarded-for': '203.0.113.7' };
        expect((await post(api, '/login', body, forwarded)).json).to.include({ code: 'https_required' });
        expect(
          (await post(api, '/login', body, { ...forwarded, 'x-forwarded-proto': 'https' })).status,
        ).to.equal(201);
      });

      it('of no foreign page', async () => {
        await using api = await start({ trustedOrigins: ['https://app.example'] });
        const body = login('ann', 'correct horse');
        for (const headers of [
          { origin: 'https://evil.example' },
          { 'sec-fetch-site': 'cross-site' },
          { 'sec-fetch-site': 'same-site' },
          { origin: 'null' },
        ]) {
          const reply = await post(api, '/login', body, headers);
          expect([reply.status, reply.json?.['code']]).to.deep.equal([403, 'cross_site']);
        }
        const trusted = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
        expect((await post(api, '/login', body, trusted)).status).to.equal(201);
        const unmarked = await api.server.raw(
          '/login',
          { method: 'POST', headers: { 'content-type': JSON_TYPE } },
          body,
        );
        expect(unmarked.status).to.equal(403);
      });
    });

    it('prove what they brought along, judged as a provider', async () => {
      await using api = await start();
      const reply = await post(api, '/proof', '{"name":"ann"}');
      expect(reply.json).to.include({ username: 'ann', hash: null, provedBy: 'login' });
      expect(reply.json?.['methods']).to.deep.equal(['swk', 'mfa']);
      const statuses = [];
      for (const name of ['gone', 'nobody', 'down', 'bug']) {
        statuses.push((await post(api, '/proof', JSON.stringify({ name }))).status);
      }
      expect(statuses).to.deep.equal([401, 401, 503, 500]);
    });
  });
}

for (const driver of DRIVERS) {
  describe(`PasswordProvider without Basic on ${driver.name}`, () => {
    beforeEach(reset);

    it('reads no header and asks for none', async () => {
      @JsonController()
      class Notes {
        @Authorized() @Get('/guarded') guarded() {
          return 'ok';
        }
      }
      const hash = await HASH;
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: hash }] });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic: false });
        }
      }
      class Basic extends CheapPasswordProvider {}
      const headers = { authorization: `Basic ${Buffer.from('ann:correct horse').toString('base64')}` };
      const statuses = [];
      for (const providers of [[Password], [Password, Basic]]) {
        await using api = await SecuredServer.start(driver, {
          controllers: [Notes],
          security: { userstores: [Users], providers },
        });
        const { status, response } = await api.server.raw('/guarded', { headers });
        statuses.push([status, response.headers['www-authenticate']]);
      }
      expect(statuses).to.deep.equal([
        [401, undefined],
        [200, undefined],
      ]);
    });
  });
}
