import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import Koa from 'koa';
import mount from 'koa-mount';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { ConfigurationError, createSecurity } from '../../src';
import { apiDocs, type ApiDocsOptions, securityDocument } from '../../src/openapi';
import { DOCS_HOSTS, DOCUMENT } from '../support/api-docs-hosts';
import { TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider } from '../support/secured-server';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; " +
  "img-src 'self' data:; frame-ancestors 'none'";

/** What the page loads, by its tags. */
function linksOf(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
}

describe('apiDocs()', () => {
  beforeEach(reset);

  for (const host of DOCS_HOSTS) {
    describe(`on ${host.name}`, () => {
      const started = (options: Partial<ApiDocsOptions> = {}) =>
        TestServer.start(host.serve({ document: DOCUMENT, logger: new MemoryLogger(), ...options }));

      it('serves a page that is kept nowhere and loads nothing from outside', async () => {
        await using server = await started();
        const { status, text, response } = await server.raw('/docs/?url=https://other.invalid/openapi.json');
        expect(status).to.equal(200);
        expect(response.headers).to.include({
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': POLICY,
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'content-length': String(Buffer.byteLength(text)),
        });
        expect(text).to.contain('data-credentials="omit"').and.not.contain('other.invalid');
        expect(text).not.to.match(/<script>|<style|style=|\son\w+=/);
        for (const link of linksOf(text)) expect(link).to.match(/^[\w.-]+(?:\/[\w.-]+)?$/);
      });

      it('serves what the page links to, files by their version and for good', async () => {
        await using server = await started();
        const links = linksOf((await server.raw('/docs/')).text);
        const version = (
          JSON.parse(readFileSync(require.resolve('swagger-ui-dist/package.json'), 'utf8')) as {
            version: string;
          }
        ).version;
        const files = links.filter((link) => link !== 'openapi.json');
        expect(files).to.have.length(5);
        for (const file of files) {
          expect(file.startsWith(`${version}-`), file).to.equal(true);
          const { status, response, text } = await server.raw(`/docs/${file}`);
          expect(status, file).to.equal(200);
          expect(response.headers).to.include({
            'cache-control': 'private, max-age=31536000, immutable',
            'x-content-type-options': 'nosniff',
          });
          const types: Record<string, string> = {
            css: 'text/css; charset=utf-8',
            js: 'text/javascript; charset=utf-8',
            png: 'image/png',
          };
          expect(response.headers['content-type']).to.equal(types[file.split('.').pop() ?? '']);
          expect(text.length).to.be.greaterThan(100);
        }
      });

      it('serves the document', async () => {
        await using server = await started();
        const { status, text, response } = await server.raw('/docs/openapi.json');
        expect([status, JSON.parse(text)]).to.deep.equal([200, DOCUMENT]);
        expect(response.headers).to.include({
          'content-type': 'application/json',
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        });
      });

      it('answers HEAD as GET, without a body', async () => {
        await using server = await started();
        const file = linksOf((await server.raw('/docs/')).text).find((link) => link.endsWith('.css')) ?? '';
        for (const path of ['/docs', '/docs/', '/docs/openapi.json', `/docs/${file}`]) {
          const [get, head] = [await server.raw(path), await server.raw(path, { method: 'HEAD' })];
          expect([head.status, head.text], path).to.deep.equal([get.status, '']);
          for (const name of ['content-type', 'content-length', 'cache-control', 'location'])
            expect(head.response.headers[name], `${path} ${name}`).to.equal(get.response.headers[name]);
        }
      });

      it('takes no other method', async () => {
        let made = 0;
        const document = () => {
          made += 1;
          return DOCUMENT;
        };
        await using server = await started({ document });
        for (const path of ['/docs', '/docs/', '/docs/openapi.json']) {
          for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
            const { status, text, response } = await server.raw(path, { method });
            expect([status, text, response.headers.allow], path).to.deep.equal([405, '', 'GET, HEAD']);
          }
        }
        expect(made).to.equal(0);
      });

      it('sends browsers on to the slash, by a relative address without the query', async () => {
        await using server = await started();
        for (const path of ['/docs', '/docs?next=//other.invalid', '/docs?', '/docs?a=%0d%0aX:1']) {
          const { status, response } = await server.raw(path);
          expect([status, response.headers.location], path).to.deep.equal([302, './docs/']);
          expect(response.headers['cache-control']).to.equal('private, no-store');
        }
        const absolute = await server.raw('/', { path: 'http://other.invalid/docs' });
        expect([absolute.status, absolute.response.headers.location]).to.deep.equal([302, './docs/']);
      });

      it('leaves everything else to what follows', async () => {
        await using server = await started();
        const folder = linksOf((await server.raw('/docs/')).text)
          .find((link) => link.endsWith('start.js'))
          ?.split('/')[0];
        for (const path of [
          '/docsx',
          '/docs/index.html',
          '/docs/openapi.json/',
          '/docs/OPENAPI.JSON',
          '/docs/swagger-ui.css',
          `/docs/${folder}`,
          `/docs/${folder}/`,
          `/docs/${folder}/package.json`,
          `/docs/${folder}/swagger-ui.js.map`,
          `/docs/${folder}/../package.json`,
          `/docs/${folder}/..%2fpackage.json`,
          `/docs/${folder}/..\\package.json`,
          `/docs/${folder}/constructor`,
          '/docs/5.0.0-000000000000/start.js',
          '//docs/',
        ]) {
          for (const method of ['GET', 'POST']) {
            const { status, text } = await server.raw('/', { path, method });
            const expected = host.name === 'node:http' ? [404, ''] : [200, 'outside'];
            expect([status, text], path).to.deep.equal(expected);
          }
        }
      });

      it('makes the document of a function for each request, and its text for each object', async () => {
        let version = 1;
        const first = { ...DOCUMENT, info: { title: 'Notes', version: '1' } };
        const made: unknown[] = [];
        const document = () => {
          const next = version === 1 ? first : { ...first, info: { title: 'Notes', version: '2' } };
          made.push(next);
          return next;
        };
        await using server = await started({ document });
        expect(made).to.deep.equal([]);
        const told = async () =>
          (JSON.parse((await server.raw('/docs/openapi.json')).text) as typeof first).info;
        expect(await told()).to.include({ version: '1' });
        first.info.version = 'changed in place';
        expect(await told()).to.include({ version: '1' });
        version = 2;
        expect(await told()).to.include({ version: '2' });
        expect(made).to.have.length(3);
      });

      it('reads a fixed document once', async () => {
        const document = { openapi: '3.1.1', info: { title: 'a', version: '1' } };
        await using server = await started({ document });
        document.info.title = 'b';
        expect((await server.raw('/docs/openapi.json')).text).to.contain('"title":"a"');
      });

      it('answers 500 without a reason where there is no document, and logs it', async () => {
        const cyclic: Record<string, unknown> = { openapi: '3.1.1' };
        cyclic.self = cyclic;
        const faults: [document: () => object, logged: RegExp][] = [
          [
            () => {
              throw new Error('password=hunter2 of the store');
            },
            /of the store/,
          ],
          [() => Promise.reject(new Error('late')), /must be an OpenAPI document/],
          [() => null as never, /must be an OpenAPI document/],
          [() => ({ document: DOCUMENT }), /must be an OpenAPI document/],
          [() => cyclic, /circular/],
          [() => ({ openapi: '3.1.1', toJSON: () => undefined }), /undefined/],
        ];
        for (const [document, logged] of faults) {
          const logger = new MemoryLogger();
          await using server = await started({ document, logger });
          const { status, text, response } = await server.raw('/docs/openapi.json');
          expect(status).to.equal(500);
          expect(JSON.parse(text)).to.deep.equal({
            name: 'SecurityFaultError',
            code: 'security_error',
            message: 'Security Error',
          });
          expect(response.headers['cache-control']).to.equal('private, no-store');
          expect(logger.lines).to.have.length(1);
          expect(logger.lines[0])
            .to.match(/^error securest: apiDocs\(\)/)
            .and.match(logged);
          expect((await server.raw('/docs/')).status).to.equal(200);
        }
      });

      it('is served without a viewer', async () => {
        await using server = await started({ viewer: 'none' });
        const { status, text, response } = await server.raw('/docs/');
        expect([status, response.headers['content-security-policy']]).to.deep.equal([200, POLICY]);
        expect(linksOf(text)).to.deep.equal(['data:,', 'openapi.json']);
        expect((await server.raw('/docs/openapi.json')).status).to.equal(200);
      });

      it('says what calls send along of the browser', async () => {
        await using server = await started({ credentials: 'same-origin' });
        expect((await server.raw('/docs/')).text).to.contain('data-credentials="same-origin"');
      });

      it('stands behind a guard, in front of all of it', async () => {
        const security = createSecurity({
          logger: new MemoryLogger(),
          userstores: [CastUserstore],
          providers: [NameProvider],
        });
        let made = 0;
        const document = () => {
          made += 1;
          return DOCUMENT;
        };
        await using server = await TestServer.start(
          host.serve({ document }, (docs) => security.guard('editor', docs)),
        );
        const { text } = await server.raw('/docs/', { headers: as('editor') });
        const paths = ['', '/', '/openapi.json', ...linksOf(text).map((link) => `/${link}`), '/nothing'];
        for (const [who, status] of [
          ['nobody', 401],
          ['user', 403],
        ] as const) {
          for (const path of paths) {
            const reply = await server.raw(`/docs${path}`, { headers: as(who) });
            expect([reply.status, reply.response.headers['cache-control']], path).to.deep.equal([
              status,
              'private, no-store',
            ]);
            expect(reply.response.headers.location).to.equal(undefined);
          }
        }
        expect(made).to.equal(0);
        for (const path of paths) {
          const reply = await server.raw(`/docs${path}`, { headers: as('editor') });
          const expected = path === '' ? 302 : path === '/nothing' && host.name === 'node:http' ? 404 : 200;
          expect(reply.status, path).to.equal(expected);
          expect(reply.response.headers.vary).to.contain('x-user');
          const isFile = path.includes('-');
          expect(reply.response.headers['cache-control'], path).to.equal(
            isFile ? 'private, max-age=31536000, immutable' : 'private, no-store',
          );
        }
        expect(made).to.be.greaterThan(0);
      });
    });
  }

  it('serves what securityDocument() says of an app', async () => {
    @JsonController('/notes')
    class Notes {
      @Authorized('editor') @Get('/') list() {
        return [];
      }
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      userstores: [CastUserstore],
      providers: [NameProvider],
    });
    const { document } = securityDocument(security.secure({ controllers: [Notes] }));
    for (const given of [document, () => document]) {
      const handle = new Koa().use(mount('/docs', apiDocs({ document: given }))).callback();
      await using server = await TestServer.start((request, response) => void handle(request, response));
      const { text } = await server.raw('/docs/openapi.json');
      expect(JSON.parse(text)).to.deep.equal(document).and.to.have.nested.property('paths./notes.get');
    }
  });

  it('is seen on Koa by the middlewares around it', async () => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.use(async (context, next) => {
      await next();
      seen.push([context.path, context.status]);
    });
    app.use(mount('/docs', apiDocs({ document: DOCUMENT })));
    const handle = app.callback();
    await using server = await TestServer.start((request, response) => void handle(request, response));
    for (const path of ['/docs', '/docs/', '/docs/nothing']) await server.raw(path);
    expect(seen).to.deep.equal([
      ['/docs', 302],
      ['/docs/', 200],
      ['/docs/nothing', 404],
    ]);
  });

  it('stands below a prefix with a slash of koa-mount', async () => {
    const app = new Koa().use(mount('/docs/', apiDocs({ document: DOCUMENT })));
    const handle = app.callback();
    await using server = await TestServer.start((request, response) => void handle(request, response));
    expect((await server.raw('/docs/')).status).to.equal(200);
    expect((await server.raw('/docs/openapi.json')).status).to.equal(200);
  });

  it('refuses options that are none, and a fixed document that is none', () => {
    const cyclic: Record<string, unknown> = { openapi: '3.1.1' };
    cyclic.self = cyclic;
    for (const [options, told] of [
      [undefined, /document/],
      [{}, /document must be/],
      [{ document: null }, /document must be/],
      [{ document: 'x' }, /document must be/],
      [{ document: {} }, /securityDocument\(options\)\.document/],
      [{ document: Promise.reject(new Error('late')) }, /securityDocument\(options\)\.document/],
      [{ document: cyclic }, /securityDocument\(options\)\.document/],
      [{ document: DOCUMENT, viewer: 'redoc' }, /viewer must be 'swagger-ui' or 'none'/],
      [{ document: DOCUMENT, credentials: 'include' }, /credentials must be/],
      [{ document: DOCUMENT, path: '//other.invalid' }, /path must be/],
      [{ document: DOCUMENT, path: 'docs' }, /path must be/],
      [{ document: DOCUMENT, path: '/docs?a' }, /path must be/],
      [{ document: DOCUMENT, logger: {} }, /logger must have/],
      [{ document: DOCUMENT, validatorUrl: null }, /must not have "validatorUrl"/],
    ] as const) {
      expect(() => apiDocs(options as never)).to.throw(ConfigurationError, told);
    }
  });
});
