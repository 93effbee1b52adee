import { expect } from 'chai';
import {
  Authorized,
  Controller,
  CurrentUser,
  Get,
  HttpCode,
  JsonController,
  Redirect,
  Render,
} from 'routing-controllers';
import {
  BadCredentialsError,
  type Constructor,
  ServiceUnavailableError,
  ThrottledError,
  TokenInvalidError,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';

const BASIC = { scheme: 'Basic', params: { charset: 'UTF-8' } };
const BEARER = { scheme: 'Bearer' };

/** Each refusal, by the error that a provider throws. */
const REFUSALS = {
  none: { status: 401, body: BODIES.missing },
  bad: { status: 401, body: BODIES.bad },
  throttled: { status: 429, body: BODIES.throttled },
  unavailable: { status: 503, body: BODIES.unavailable },
  bug: { status: 500, body: BODIES.fault },
} as const;
type RefusalName = keyof typeof REFUSALS;

const ERRORS: Readonly<Record<string, () => Error>> = {
  bad: () => new BadCredentialsError({ cause: new Error('a secret') }),
  throttled: () => new ThrottledError(),
  unavailable: () => new ServiceUnavailableError(),
  bug: () => new TypeError('a secret'),
};
const asTold = provider(
  'asTold',
  (request) => {
    const error = ERRORS[request.header('x-refusal') ?? ''];
    if (error !== undefined) throw error();
    return null;
  },
  { challenge: BASIC },
);

for (const driver of DRIVERS) {
  describe(`The form of refusals on ${driver.name}`, () => {
    beforeEach(reset);

    for (const development of [true, false]) {
      for (const [name, { status, body }] of Object.entries(REFUSALS)) {
        const host = { development };
        const headers = { 'x-refusal': name };

        it(`is exactly name, code and message for ${name} with development: ${development}`, async () => {
          await using api = await startApi(driver, { host, security: { providers: [asTold] } });
          const reply = await api.get('/guarded', headers);
          expect([reply.status, reply.json()]).to.deep.equal([status, body]);
          expect(Object.keys(reply.json())).to.deep.equal(['name', 'code', 'message']);
          expect(reply.headers['content-type']).to.match(/^application\/json/);
        });

        it(`is the plain message of a text controller for ${name} with development: ${development}`, async () => {
          const controllers = [textController()];
          await using api = await startApi(driver, {
            host: { ...host, controllers },
            security: { providers: [asTold] },
          });
          for (const path of ['/guarded', '/open', '/html', '/moved']) {
            if (path === '/open' && name === ('none' satisfies RefusalName)) continue;
            const reply = await api.get(path, headers);
            expect([reply.status, reply.text], path).to.deep.equal([status, body.message]);
            expect(reply.headers['content-type'], path).to.match(/^text\/plain/);
            expect(reply.headers.location, path).to.equal(undefined);
            expect(reply.challenges.length, path).to.equal(status === 401 ? 1 : 0);
          }
        });
      }
    }

    it('has the status and challenge for HEAD, and no body', async () => {
      await using api = await startApi(driver, { security: { providers: [asTold] } });
      const { status, response, text } = await api.server.raw('/guarded', { method: 'HEAD' });
      expect([status, text]).to.deep.equal([401, '']);
      expect(response.headers['www-authenticate']).to.equal('Basic realm="api", charset="UTF-8"');
    });

    it('has the refusal of an action that throws one itself, challenges and all', async () => {
      @JsonController()
      class Login {
        @Get('/login') @HttpCode(201) login(@CurrentUser() user?: User) {
          throw user === undefined ? new BadCredentialsError() : new ThrottledError({ retryAfterSeconds: 9 });
        }
      }
      const ann = provider('p', (request) => (request.header('x-ann') ? { username: 'ann' } : null), {
        challenge: BASIC,
      });
      await using api = await startApi(driver, {
        host: { controllers: [Login] },
        security: { providers: [ann] },
      });
      const bad = await api.get('/login');
      expect([bad.status, bad.json()]).to.deep.equal([401, BODIES.bad]);
      expect(bad.challenges).to.deep.equal(['Basic realm="api", charset="UTF-8"']);
      expect(bad.headers['cache-control']).to.equal('private, no-store');
      const throttled = await api.get('/login', { 'x-ann': '1' });
      expect([throttled.status, throttled.headers['retry-after']]).to.deep.equal([429, '9']);
    });

    it('echoes nothing of the request', async () => {
      await using api = await startApi(driver, {
        host: { controllers: [textController()], development: true },
        security: { providers: [asTold] },
      });
      const reply = await api.get('/guarded?access_token=canary&x=<script>');
      expect(reply.status).to.equal(401);
      expect(`${reply.rawHeaders.join()}${reply.text}`).not.to.match(/canary|<script>|guarded/);
    });

    describe('a challenge', () => {
      it('says error= only when credentials came (RFC 6750 section 3.1)', async () => {
        const token = provider(
          'token',
          (request) => {
            if (request.header('authorization') === undefined) return null;
            throw new TokenInvalidError();
          },
          { challenge: BEARER },
        );
        await using api = await startApi(driver, { security: { providers: [token] } });
        expect((await api.get('/guarded')).challenges).to.deep.equal(['Bearer realm="api"']);
        expect((await api.get('/guarded', { authorization: 'Bearer x' })).challenges).to.deep.equal([
          'Bearer realm="api", error="invalid_token"',
        ]);
      });

      it('comes before that of bad credentials of another scheme, without an error of its own', async () => {
        const password = provider('password', () => Promise.reject(new BadCredentialsError()), {
          challenge: BASIC,
        });
        const token = provider('token', () => null, { challenge: BEARER });
        await using api = await startApi(driver, { security: { providers: [password, token] } });
        expect((await api.get('/guarded')).challenges.at(0)).to.equal('Bearer realm="api"');
      });

      it('has the realm quoted and escaped, each on its own line (RFC 9110 section 5.6.4)', async () => {
        const silent = (name: string, challenge: { scheme: string }) =>
          provider(name, () => null, { challenge });
        await using api = await startApi(driver, {
          security: {
            realm: 'the "inner" \\ circle, of=1',
            providers: [silent('a', BASIC), silent('b', BEARER), silent('c', { scheme: 'Negotiate' })],
          },
        });
        const realm = String.raw`realm="the \"inner\" \\ circle, of=1"`;
        expect((await api.get('/guarded')).challenges).to.deep.equal([
          `Bearer ${realm}`,
          `Basic ${realm}, charset="UTF-8"`,
          'Negotiate',
        ]);
      });

      it('is no Basic one for scripts with basicChallengeForScripts: false', async () => {
        const providers = [
          provider('a', () => null, { challenge: BASIC }),
          provider('b', () => null, { challenge: BEARER }),
        ];
        const bearer = 'Bearer realm="api"';
        const both = [bearer, 'Basic realm="api", charset="UTF-8"'];
        const script = { 'X-Requested-With': 'XMLHttpRequest' };
        await using quiet = await startApi(driver, {
          security: { providers, basicChallengeForScripts: false },
        });
        expect((await quiet.get('/guarded', script)).challenges).to.deep.equal([bearer]);
        expect((await quiet.get('/guarded', script)).status).to.equal(401);
        expect((await quiet.get('/guarded', { 'Sec-Fetch-Dest': 'empty' })).challenges).to.deep.equal([
          bearer,
        ]);
        expect((await quiet.get('/guarded', { 'Sec-Fetch-Dest': 'document' })).challenges).to.deep.equal(
          both,
        );
        expect((await quiet.get('/guarded')).challenges).to.deep.equal(both);
        expect((await quiet.get('/guarded', { 'X-Requested-With': 'curl' })).challenges).to.deep.equal(both);
        await using usual = await startApi(driver, { security: { providers } });
        expect((await usual.get('/guarded', script)).challenges).to.deep.equal(both);
      });
    });
  });
}

function textController(): Constructor<object> {
  @Controller()
  class Text {
    @Authorized() @Get('/guarded') guarded() {
      return 'guarded';
    }
    @Get('/open') open(@CurrentUser() user?: User) {
      return user?.username ?? 'nobody';
    }
    @Authorized() @Get('/html') @Render('page') html() {
      return {};
    }
    @Authorized() @Get('/moved') @Redirect('/elsewhere') moved() {
      return '';
    }
  }
  return Text;
}
