import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import { All, Authorized, Get, JsonController, Param, Post, Req } from 'routing-controllers';
import { DRIVERS } from '../support/drivers';
import { byHeader, PermissionFile } from '../support/permission-file';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import hostile from '../vectors/path_hostile.json';

const RULES = `
r:
  allow:
    '*': '*'
  deny:
    /admin/*: '*'
    /secret/thing: GET
    /a.b+c(d: '*'
dots:
  allow:
    /a.b: GET
    /a+: GET
    /(a+)+: GET
gets:
  allow:
    '/*': GET
  deny:
    /x/y: GET
heads:
  allow:
    '/*': HEAD
none:
  allow: {}
`;

function controllers() {
  @JsonController()
  class Paths {
    @Authorized() @Get('/admin') admin() {
      return { ran: 'admin' };
    }
    @Authorized() @All('/everything') everything() {
      return { ran: 'everything' };
    }
    @Authorized() @Post('/:one') post() {
      return { ran: 'post' };
    }
    @Authorized() @Get('/:one') one(@Param('one') one: string) {
      return { ran: 'one', one };
    }
    @Authorized() @Get('/:one/:two') two(@Param('one') one: string, @Param('two') two: string) {
      return { ran: 'two', one, two };
    }
    @Authorized() @Get(/^\/.*$/) rest(@Req() request: IncomingMessage) {
      return { ran: 'rest', url: request.url };
    }
  }
  return [Paths];
}

for (const driver of DRIVERS) {
  describe(`Denied paths on ${driver.name}`, () => {
    let file: PermissionFile;
    let api: Awaited<ReturnType<typeof startApi>>;

    before(async () => {
      reset();
      file = new PermissionFile(RULES);
      api = await startApi(driver, {
        host: { controllers: controllers() },
        // Express prints what its own router cannot decode.
        around: { express: { before: (app) => app.set('env', 'test') } },
        security: { providers: [byHeader], authorizationProviders: [file.provider()] },
      });
    });
    after(async () => {
      await api.server.close();
      file[Symbol.dispose]();
    });

    const send = (path: string, roles = 'r', method = 'GET', headers: Record<string, string> = {}) =>
      api.server.raw('/', { path, method, agent: false, headers: { 'x-user': `ann ${roles}`, ...headers } });
    const status = async (...args: Parameters<typeof send>) => (await send(...args)).status;

    it('takes every character of a rule at its word, from end to end', async () => {
      expect(await status('/a.b', 'dots')).to.equal(200);
      expect(await status('/axb', 'dots')).to.equal(403);
      expect(await status('/a+', 'dots')).to.equal(200);
      expect(await status('/aa', 'dots')).to.equal(403);
      expect(await status('/a.b/c', 'dots')).to.equal(403);
      expect(await status('/a.b%0a', 'dots')).to.equal(403);
      expect(await status('/x/a.b', 'dots')).to.equal(403);
      expect(await status('/a.b+c(d')).to.equal(403);
      expect(await status('/a.bbc(d')).to.equal(200);
    });

    it('decides in another case and with a slash at the end as the router does', async () => {
      for (const path of ['/ADMIN', '/admin/', '/Admin/', '/admin/x', '/aDmIn/X/', '/SECRET/thing/']) {
        expect(await status(path), path).to.equal(403);
      }
    });

    it('refuses a path that can be read in two ways', async () => {
      for (const path of [
        '/x%2fy',
        '/x%2Fy',
        '/x/%2e',
        '/x/%2e%2e/y',
        '/x%00',
        '/x%0a',
        '/x;a=b',
        '/x%3ba',
        '//x',
        '/x//y',
        '/x\\y',
        '/x%5cy',
        '/x/..',
        '/./x',
        '/x%252fy',
        '/%2561dmin',
        '/x%c2%85',
      ]) {
        expect(await status(path), path).to.equal(403);
      }
    });

    it('answers a bad percent or byte 400, 403 or 404, never with the action', async () => {
      for (const path of ['/x\u00a0', '/x%', '/x%zz', '/x%ff', '/x%c0%ae', '/admin%', '/admin%ff']) {
        expect(await status(path), path).to.be.oneOf([400, 403, 404]);
      }
    });

    it('a rule for GET is one for HEAD, and not the other way', async () => {
      expect(await status('/x', 'gets', 'HEAD')).to.equal(200);
      expect(await status('/x/y', 'gets', 'HEAD')).to.equal(403);
      expect(await status('/x', 'heads', 'HEAD')).to.equal(200);
      expect(await status('/x', 'heads', 'GET')).to.equal(403);
      expect(await status('/secret/thing', 'r', 'HEAD')).to.equal(403);
    });

    it('leaves OPTIONS to the framework, which tells no data, and checks it where an action runs', async () => {
      const reply = await send('/admin', 'none', 'OPTIONS');
      expect(reply.text).to.not.contain('ran');
      expect(await status('/everything', 'gets', 'OPTIONS')).to.equal(403);
      expect(await status('/everything', 'r', 'OPTIONS')).to.equal(200);
      expect(await status('/everything', 'gets', 'PROPFIND')).to.equal(403);
    });

    it('the method that is checked is the one that runs', async () => {
      for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
        expect(await status('/x', 'gets', 'POST', { [name]: 'GET' }), name).to.equal(403);
        const reply = await send('/x', 'gets', 'GET', { [name]: 'POST' });
        expect([reply.status, reply.text]).to.deep.equal([200, '{"ran":"one","one":"x"}']);
      }
      expect(await status('/x?_method=GET', 'gets', 'POST')).to.equal(403);
    });

    it('looks at no query and no fragment', async () => {
      expect(await status('/admin?x=/public')).to.equal(403);
      expect(await status('/admin?/a.b', 'dots')).to.equal(403);
      expect(await status('/a.b?x=/admin', 'dots')).to.equal(200);
      expect(await status('/admin#x')).to.equal(403);
      expect(await status('http://host/admin')).to.equal(403);
      expect(await status('http://host/admin?/x')).to.equal(403);
    });

    it('refuses where no rule matches, and a role that no rule names', async () => {
      expect(await status('/a.c', 'dots')).to.equal(403);
      expect(await status('/x', 'unknown')).to.equal(403);
      expect(await status('/x', '__proto__')).to.equal(403);
      expect(await status('/x', 'constructor')).to.equal(403);
      expect(await status('/x', 'none')).to.equal(403);
    });

    it('a deny wins over every allow of every role', async () => {
      expect(await status('/x/y', 'r')).to.equal(200);
      expect(await status('/x/y', 'gets')).to.equal(403);
      expect(await status('/x/y', 'r+gets')).to.equal(403);
      expect(await status('/x/y', 'gets+r')).to.equal(403);
    });

    for (const { path, expect: expected, why } of hostile.vectors) {
      it(`answers ${JSON.stringify(path)} as the router reads it: ${why}`, async () => {
        if (!path.startsWith('/'))
          return expect(await send(`/${path}`).then((reply) => reply.status)).to.equal(403);
        // What HTTP cannot carry arrives encoded, as every client sends it.
        const target = path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));
        const reply = await send(target);
        if (expected === 'allow-to-matching') return expect(reply.status).to.equal(200);
        if (expected === 'refuse-or-deny') return expect(reply.status).to.be.oneOf([400, 403, 404]);
        if (reply.status !== 200) return expect(reply.status).to.be.oneOf([400, 403, 404]);
        // The router's own parameter is what the action would work with.
        const { one, two } = JSON.parse(reply.text) as { one?: string; two?: string };
        const seen = `/${[one, two].filter((part) => part !== undefined).join('/')}`.toLowerCase();
        expect(seen).to.not.match(/^\/admin(\/|$)/);
        return undefined;
      });
    }

    it('grants no spelling of a denied path', async function () {
      this.timeout(60_000);
      const letter = (character: string) =>
        fc.constantFrom(
          character,
          character.toUpperCase(),
          `%${character.charCodeAt(0).toString(16)}`,
          `%${character.toUpperCase().charCodeAt(0).toString(16).toUpperCase()}`,
          `%25${character.charCodeAt(0).toString(16)}`,
        );
      const word = (text: string) => fc.tuple(...[...text].map(letter)).map((letters) => letters.join(''));
      const slash = fc.constantFrom(
        '/',
        '/',
        '/',
        '//',
        '/./',
        '/x/../',
        '/%2e/',
        '%2f',
        '\\',
        '%5c',
        '/;/',
        '/%00/',
      );
      const end = fc.constantFrom(
        '',
        '',
        '/',
        '//',
        '/.',
        '/..;/',
        ';x',
        '%00',
        '%0a',
        '\u00a0',
        '\u00ff',
        '#x',
        '?x',
        '/%2e',
        '%',
        '/x',
      );
      const start = fc.constantFrom('', '', 'http://h', '/.', '/x/..', '/');
      const denied = fc.oneof(
        fc.tuple(start, fc.constant('/'), word('admin'), end),
        fc.tuple(start, slash, word('admin'), end),
        fc.tuple(start, slash, word('secret'), slash, word('thing'), end),
      );
      await fc.assert(
        fc.asyncProperty(denied, async (parts) => {
          const target = parts.join('');
          if (!/^(\/|http:)/.test(target)) return;
          const reply = await send(target);
          if (reply.status !== 200) return;
          // Other words than the denied ones are no spellings of them, nor is more than the path of a rule without *.
          const { ran, one = '', two, url = '' } = JSON.parse(reply.text) as Record<string, string>;
          const seen =
            ran === 'rest'
              ? decodeURIComponent(new URL(url, 'http://h').pathname).split('/').slice(1)
              : [one, ...(two === undefined ? [] : [two])];
          const path = seen.join('/').toLowerCase().replace(/\/$/, '');
          expect(path, target).to.not.match(/^(\/|$|admin(\/|$)|secret\/thing$)/);
        }),
        { numRuns: 400 },
      );
    });
  });
}
