/** Credential headers over real HTTP, read by the library's own providers. */
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import {
  MemoryUserstore,
  PasswordProvider,
  type SecurityOptions,
  TokenProvider,
  TokenService,
  Authentication,
  type AuthProviderInterface,
  type User,
} from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { type Api, BODIES, provider, startApi } from '../support/scripted';

const ANN: User = { username: 'ann', password: hashSync('pw', 4) };
const asked: string[] = [];
class Users extends MemoryUserstore {
  constructor() {
    super({ users: [ANN] });
  }
  override getUser(identifier: string): User | null {
    asked.push(identifier);
    return super.getUser(identifier);
  }
}
const tokens = new TokenService({ secret: 's'.repeat(32), issuer: 'i', audience: 'a', ttlSeconds: 3600 });
class Tokens extends TokenProvider {
  constructor() {
    super({ verify: (token) => (asked.push(`verify ${token}`), tokens.verify(token)) });
  }
}
class Password extends PasswordProvider {
  constructor() {
    super({ passwords: cheapPasswords });
  }
}

const { token } = tokens.issue(new Authentication(ANN));
const BASIC = basic('ann', 'pw').authorization!;
const BEARER = `Bearer ${token}`;
const CHALLENGES = ['Bearer realm="api"', 'Basic realm="api", charset="UTF-8"'];

for (const driver of DRIVERS) {
  describe(`Credential headers on ${driver.name}`, () => {
    beforeEach(() => {
      reset();
      asked.length = 0;
    });
    const start = (more: SecurityOptions = {}) =>
      startApi(driver, { security: { providers: [Password, Tokens], userstores: [Users], ...more } });

    /** Sends header lines as they are, several of one name too. */
    const lines = (api: Api, ...pairs: [name: string, value: string][]) =>
      api.server.raw('/guarded', { headers: ['Host', 'localhost', ...pairs.flat()] as never });

    it('two Authorization lines are 400, in every order and case, and nobody is asked', async () => {
      await using api = await start();
      for (const [first, second] of [
        [BASIC, BASIC],
        [BASIC, BEARER],
        [BEARER, 'Basic eDp5'],
        ['', BASIC],
        [BASIC, ''],
      ] as const) {
        const { status, text } = await lines(api, ['Authorization', first], ['AUTHORIZATION', second]);
        expect([status, JSON.parse(text)]).to.deep.equal([400, BODIES.invalidRequest]);
      }
      expect([asked, api.ran]).to.deep.equal([[], []]);
    });

    it('two lines of a token header are never taken apart', async () => {
      await using api = await start();
      const name = 'Authentication-Token';
      const { status } = await lines(api, [name, token], [name, token]);
      expect(status).to.be.oneOf([400, 401]);
      expect([asked, api.ran]).to.deep.equal([[], []]);
    });

    it('the scheme is a whole token in any case, and a tab is no space', async () => {
      await using api = await start();
      const credentials = BASIC.slice('Basic '.length);
      for (const scheme of ['Basic', 'basic', 'BASIC', 'bAsIc']) {
        expect((await api.get('/guarded', { authorization: `${scheme} ${credentials}` })).status).to.equal(
          200,
        );
      }
      expect((await api.get('/guarded', { authorization: `Basic   ${credentials}` })).status).to.equal(200);
      for (const authorization of [
        `XBasic ${credentials}`,
        `Basics ${credentials}`,
        `"Basic" ${credentials}`,
        `Basic\t${credentials}`,
        `Basic${credentials}`,
        `x Basic ${credentials}`,
        `Basic, ${credentials}`,
        `Basic=${credentials}`,
        credentials,
      ]) {
        const reply = await api.get('/guarded', { authorization });
        expect(reply.status, authorization).to.equal(401);
      }
      expect(api.ran).to.have.length(5);
    });

    it('every 401 has one challenge line for each scheme, Bearer first, quoted, with charset on Basic', async () => {
      await using api = await start();
      expect((await api.get('/guarded')).challenges).to.deep.equal(CHALLENGES);
      expect((await api.get('/guarded', basic('ann', 'no'))).challenges).to.deep.equal(CHALLENGES);
      expect((await api.get('/guarded', { authorization: 'Bearer abc' })).challenges).to.deep.equal([
        'Bearer realm="api", error="invalid_token"',
        CHALLENGES[1],
      ]);
      await using quoted = await start({ realm: 'a"b\\c' });
      expect((await quoted.get('/guarded')).challenges).to.deep.equal([
        String.raw`Bearer realm="a\"b\\c"`,
        String.raw`Basic realm="a\"b\\c", charset="UTF-8"`,
      ]);
    });

    it('a token in query or form is never read, and two tokens are 400', async () => {
      await using api = await start();
      expect((await api.get(`/guarded?access_token=${token}`)).json()).to.deep.equal(BODIES.missing);
      const form = await api.server.raw(
        '/guarded',
        { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        `access_token=${token}`,
      );
      expect(form.status).to.equal(401);
      expect(asked).to.deep.equal([]);
      const both = await api.get('/guarded', { authorization: BEARER, 'authentication-token': token });
      expect([both.status, both.json()]).to.deep.equal([400, BODIES.invalidRequest]);
      expect(api.ran).to.deep.equal([]);
      expect((await api.get('/guarded', { authorization: BEARER })).status).to.equal(200);
      expect((await api.get('/guarded', { 'authentication-token': token })).status).to.equal(200);
    });

    it('a bearer token that is no b64token is refused before it is verified', async () => {
      await using api = await start();
      for (const bad of [
        `${token} x`,
        `"${token}"`,
        `${token},`,
        `${token}\u00a0`,
        `a\tb`,
        `a;b`,
        `=a`,
        `a=b`,
      ]) {
        const reply = await api.get('/guarded', { authorization: `Bearer ${bad}` });
        expect(reply.status, bad).to.be.oneOf([400, 401]);
        const other = await api.get('/guarded', { 'authentication-token': bad });
        expect(other.status, bad).to.be.oneOf([400, 401]);
      }
      expect([asked, api.ran]).to.deep.equal([[], []]);
    });

    it('empty credentials reach neither store nor verifier', async () => {
      await using api = await start();
      for (const [headers, status] of [
        [{ authorization: 'Basic' }, 401],
        [{ authorization: 'Basic ' }, 401],
        [{ authorization: 'Bearer' }, 400],
        [{ authorization: 'Bearer ' }, 400],
        [{ authorization: '' }, 401],
        [{ 'authentication-token': '' }, 401],
        [basic('', ''), 401],
        [basic('ann', ''), 401],
        [basic('', 'pw'), 401],
      ] as const) {
        const reply = await api.get('/guarded', { ...headers });
        expect(reply.status, JSON.stringify(headers)).to.equal(status);
      }
      expect([asked, api.ran]).to.deep.equal([[], []]);
    });

    it('an empty header is no reason to call a provider of an own header a user', async () => {
      class Key implements AuthProviderInterface {
        readonly credential = 'x-api-key';
        authenticate = (request: { header(name: string): string | undefined }): User | null =>
          request.header('X-API-Key') ? ANN : null;
      }
      await using api = await start({ providers: [Key] });
      expect((await api.get('/guarded', { 'x-api-key': '' })).status).to.equal(401);
    });

    describe('sent byte by byte', () => {
      const REQUESTS: Record<string, string> = {
        'Content-Length beside Transfer-Encoding':
          `POST /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\n` +
          'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'two Content-Length':
          `POST /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\n` +
          'Content-Length: 0\r\nContent-Length: 1\r\n\r\n',
        'a space before the colon': `GET /guarded HTTP/1.1\r\nHost: x\r\nAuthorization : ${BASIC}\r\n\r\n`,
        'a folded line': `GET /guarded HTTP/1.1\r\nHost: x\r\n Authorization: ${BASIC}\r\n\r\n`,
        'a value on the next line': `GET /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: Basic\r\n ${BASIC.slice(6)}\r\n\r\n`,
        'a NUL in the value': `GET /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\0\r\n\r\n`,
        'a bare carriage return': `GET /guarded HTTP/1.1\r\nHost: x\r\nX: a\rAuthorization: ${BASIC}\r\n\r\n`,
      };
      for (const [name, bytes] of Object.entries(REQUESTS)) {
        it(`${name} is refused and nobody is asked`, async () => {
          await using api = await start();
          const reply = await exchange(api, bytes);
          expect(reply.split('\r\n')[0]).to.match(/^HTTP\/1\.1 40[01] /);
          expect([asked, api.ran]).to.deep.equal([[], []]);
        });
      }

      it('the same way a good request passes', async () => {
        await using api = await start();
        const reply = await exchange(
          api,
          `GET /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\nConnection: close\r\n\r\n`,
        );
        expect(reply).to.match(/^HTTP\/1\.1 200 /);
      });
    });

    it('names of other headers with an underscore are other headers', async () => {
      const spying = provider('p', (request) => (request.header('authorization') === undefined ? null : ANN));
      await using api = await start({ providers: [spying] });
      for (const name of ['Proxy-Authorization', 'X-Authorization', '_authorization', 'Authorization_']) {
        expect((await api.get('/guarded', { [name]: BASIC })).status, name).to.equal(401);
      }
    });
  });
}

/** Sends bytes over a socket and resolves with everything that came back until the server hung up. */
function exchange(api: Api, bytes: string): Promise<string> {
  const { port } = api.server.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let reply = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      reply += chunk;
      // Node hangs up by itself after what it cannot parse; after the rest it would wait for more.
      if (reply.includes('\r\n\r\n')) socket.end();
    });
    socket.on('close', () => resolve(reply));
    socket.on('error', reject);
  });
}
