/** The configuration of the page on nginx, in front of apps on every host. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Get, JsonController, Post } from 'routing-controllers';
import {
  MemoryUserstore,
  Passwords,
  securest,
  type SecurityEvent,
  type SecurityOptions,
  type SecurityRequest,
  type User,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { Authority } from './certificates';
import { describeWith } from './describe-with';
import { accepts, freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';
import { CheapPasswordProvider } from '../support/hashers';

const PROGRAM = '/usr/sbin/nginx';
const PAGE = readFileSync(join(__dirname, '../../docs/behind-nginx.md'), 'utf8');
const BASIC = `Basic ${Buffer.from('ann:a password of ann').toString('base64')}`;

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

class Nginx {
  readonly #folder = mkdtempSync(join(tmpdir(), 'securest-nginx-'));
  readonly #process = new ServerProcess('nginx');
  #ca = '';
  #tls = 0;
  #plain = 0;
  #redirect = 0;

  /** Starts it before an app, by the page's own configuration but for its ports and files. */
  async start(appPort: number): Promise<void> {
    const authority = new Authority(this.#folder);
    const { cert, key } = authority.issue('app', 'DNS:app.example');
    this.#ca = authority.ca;
    [this.#tls, this.#plain, this.#redirect] = [await freePort(), await freePort(), await freePort()];
    for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(this.#folder, name));
    const [, block = ''] = /^```nginx\n(.*?)^```$/ms.exec(PAGE) ?? [];
    const server = [
      ['listen 80;', `listen 127.0.0.1:${String(this.#redirect)};`],
      [
        'listen 443 ssl;',
        `listen 127.0.0.1:${String(this.#tls)} ssl; listen 127.0.0.1:${String(this.#plain)};`,
      ],
      ['127.0.0.1:3000', `127.0.0.1:${String(appPort)}`],
      ['/etc/nginx/app.pem', cert],
      ['/etc/nginx/app.key', key],
    ].reduce((text, [from = '', to = '']) => {
      if (!text.includes(from)) throw new Error(`The page has no ${from}`);
      return text.replace(from, to);
    }, block);
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    const paths = ['body:client_body', 'proxy:proxy', 'fastcgi:fastcgi', 'uwsgi:uwsgi', 'scgi:scgi']
      .map((pair) => pair.split(':'))
      .map(([name = '', option = '']) => `${option}_temp_path ${join(this.#folder, name)};`);
    writeFileSync(
      join(this.#folder, 'nginx.conf'),
      `${user} daemon off; worker_processes 1; pid ${this.#folder}/pid; error_log ${this.#folder}/error.log;
events {}
http { access_log off; ${paths.join(' ')}
${server}
}
`,
    );
    const args = ['-e', join(this.#folder, 'error.log'), '-c', join(this.#folder, 'nginx.conf')];
    const checked = spawnSync(PROGRAM, ['-t', ...args], { encoding: 'utf8' });
    if (checked.status !== 0) throw new Error(checked.stderr);
    await this.#process.start(serverCommand(PROGRAM, args, { signal: 'QUIT' }), () => accepts(this.#plain));
  }

  tls(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
    const options = { port: this.#tls, servername: 'app.example', ca: this.#ca, agent: false };
    return this.#ask((given, done) => https.request({ ...options, ...given }, done), path, headers, method);
  }

  /** A request to the port of plain HTTP. */
  redirect(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
    const options = { port: this.#redirect, agent: false };
    return this.#ask((given, done) => http.request({ ...options, ...given }, done), path, headers, method);
  }

  /** A request that nginx would pass on without TLS, if it listened for it. */
  plain(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
    const options = { port: this.#plain, agent: false };
    return this.#ask((given, done) => http.request({ ...options, ...given }, done), path, headers, method);
  }

  #ask(
    request: (
      options: http.RequestOptions,
      done: (response: http.IncomingMessage) => void,
    ) => http.ClientRequest,
    path: string,
    headers: http.OutgoingHttpHeaders,
    method: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const given = { host: '127.0.0.1', path, method, headers: { host: 'app.example', ...headers } };
      request(given, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      })
        .on('error', reject)
        .end();
    });
  }

  async remove(): Promise<void> {
    // At once would leave its worker behind.
    await this.#process.end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function whyNoNginx(): string | undefined {
  if (existsSync(PROGRAM) && spawnSync(PROGRAM, ['-v']).status === 0) return undefined;
  return `there is no ${PROGRAM}: install it, on Debian the package nginx-light`;
}

describeWith(whyNoNginx(), 'Behind nginx', () => {
  let hash: string;
  before(async () => {
    hash = await new Passwords().hash('a password of ann');
  });

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const nginx = new Nginx();
      const events: SecurityEvent[] = [];
      let server: TestServer;

      before(async () => {
        reset();

        class Users extends MemoryUserstore {
          constructor() {
            super({ users: [{ username: 'ann', password: hash }] });
          }
        }

        class Password extends CheapPasswordProvider {
          constructor() {
            super({ throttle: false });
          }
        }

        @JsonController()
        class AddressController {
          @Authorized()
          @Get('/address')
          get() {
            return {};
          }

          @Authorized((_user: User, request: SecurityRequest) => request.header('client-cert') === undefined)
          @Post('/address')
          post() {
            return {};
          }
        }
        const security: SecurityOptions = {
          userstores: [Users],
          providers: [Password],
          trustProxy: 1,
          requireHttps: true,
          logger: new MemoryLogger(),
          onEvent: (event) => void events.push(event),
        };
        server = await TestServer.start(
          driver.build(securest({ controllers: [AddressController], security })),
        );
        await nginx.start(Number(new URL(server.url).port));
      });
      after(async () => {
        await nginx.remove();
        await server[Symbol.asyncDispose]();
      });
      beforeEach(() => {
        events.length = 0;
      });

      it('refuses with its challenge, and lets a password in over TLS', async () => {
        const anonymous = await nginx.tls('/address');
        expect(anonymous.status).to.equal(401);
        expect(anonymous.headers['www-authenticate']).to.equal('Basic realm="api", charset="UTF-8"');
        expect((await nginx.tls('/address', { authorization: BASIC })).status).to.equal(200);
      });

      it('refuses a password that came to nginx in the clear', async () => {
        const answer = await nginx.plain('/address', { authorization: BASIC });
        expect([answer.status, JSON.parse(answer.body)]).to.have.nested.property(
          '[1].code',
          'https_required',
        );
      });

      it('sends clients of plain HTTP to the same path over TLS', async () => {
        const headers = { host: 'foreign.example', authorization: BASIC };
        const answer = await nginx.redirect('/address?a=%2F', headers, 'POST');
        expect([answer.status, answer.headers.location]).to.deep.equal([
          308,
          'https://app.example/address?a=%2F',
        ]);
        expect(events).to.deep.equal([]);
      });

      it("sees the client's address, whatever the client says that it is", async () => {
        for (const forwarded of [undefined, '203.0.113.9', '203.0.113.9, 198.51.100.7']) {
          const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
          await nginx.tls('/address', { ...headers, 'x-real-ip': '203.0.113.9', authorization: BASIC });
        }
        expect(
          events.filter(({ type }) => type === 'allowed').map((event) => 'ip' in event && event.ip),
        ).to.deep.equal(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
      });

      it('knows its own pages by the host that the browser asked for', async () => {
        const post = (headers: Record<string, string>) =>
          nginx.tls('/address', { authorization: BASIC, ...headers }, 'POST');
        expect((await post({ origin: 'https://app.example' })).status).to.equal(200);
        const foreign = await post({ origin: 'https://foreign.example' });
        expect([foreign.status, JSON.parse(foreign.body)]).to.have.nested.property('[1].code', 'cross_site');
      });

      it('never gets a certificate that the client states itself', async () => {
        const headers = { authorization: BASIC, 'client-cert': ':AAAA:' };
        expect((await nginx.tls('/address', headers, 'POST')).status).to.equal(200);
      });

      it('gets credentials as long as tickets are', async () => {
        const answer = await nginx.tls('/address', { authorization: `Negotiate ${'A'.repeat(12_000)}` });
        expect(answer.status).to.equal(401);
        expect(answer.headers['www-authenticate']).to.include('Basic');
      });
    });
  }
});
