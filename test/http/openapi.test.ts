/** What a document says of each operation is what a client of that operation gets. */
import type { OutgoingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import {
  All,
  Authorized,
  Body,
  Controller,
  CurrentUser,
  Delete,
  Get,
  JsonController,
  Param,
  Patch,
  Post,
  Put,
} from 'routing-controllers';
import {
  allOf,
  anyOf,
  BadCredentialsError,
  type Challenge,
  createSecurity,
  CurrentAuthentication,
  MalformedCredentialsError,
  Public,
  recentLogin,
  scope,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { basic, type Driver, DRIVERS, TestServer } from '../support/drivers';
import { documented, type Operation } from '../support/openapi';
import { MemoryLogger, reset } from '../support/reset';

/** Fails as the user name says, and reads Basic as a browser would resend it. */
class Password {
  readonly schemes = ['basic'];
  authenticate(request: SecurityRequest) {
    const [, sent] = /^Basic (.+)$/.exec(request.header('authorization') ?? '') ?? [];
    if (sent === undefined) return null;
    const [name = ''] = Buffer.from(sent, 'base64').toString().split(':');
    if (name === 'malformed') throw new MalformedCredentialsError();
    if (name === 'throttled') throw new ThrottledError();
    if (name === 'unavailable') throw new ServiceUnavailableError();
    if (name === 'wrong') throw new BadCredentialsError();
    return { username: name, roles: name === 'admin' ? ['admin', 'editor'] : [] };
  }
  challenge(): Challenge {
    return { scheme: 'Basic' };
  }
}

class Token {
  readonly schemes = ['bearer'];
  authenticate() {
    return null;
  }
  challenge(): Challenge {
    return { scheme: 'Bearer' };
  }
}

/** Express 5 writes optional parts in another way, and has no patterns. */
function controllers(driver: Driver) {
  const isNew = driver.name === 'Express 5';
  @Authorized('editor')
  class Base {
    @Get('/inherited/:id') inherited(@Param('id') id: string) {
      return { id };
    }
  }
  @JsonController('/notes')
  class Notes extends Base {
    @Public() @Get('/open') open() {
      return {};
    }
    @Get('/') list() {
      return {};
    }
    @Authorized(allOf('admin', anyOf(scope('notes:write'), 'editor'))) @Post('/') add(@Body() body: object) {
      return body;
    }
    @Get(isNew ? '/optional{/:id}' : '/optional/:id?') optional() {
      return {};
    }
    @All('/any') any() {
      return {};
    }
  }
  @JsonController('/me')
  class Me {
    @Get('/maybe') maybe(@CurrentUser() _user: object) {
      return {};
    }
    @Post('/maybe') maybePost(@CurrentAuthentication() _login: object) {
      return {};
    }
    @Get('/must') must(@CurrentUser({ required: true }) _user: object) {
      return {};
    }
    @Authorized() @Put('/login') login() {
      return {};
    }
    @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Patch('/fresh') fresh() {
      return {};
    }
    @Authorized(() => false) @Delete('/never') never() {
      return {};
    }
    @Get('/free') free() {
      return {};
    }
    @Post('/free') freePost() {
      return {};
    }
  }
  @Controller('/text')
  class Text {
    @Authorized('admin') @Get(isNew ? '/number/:id' : '/number/:id(\\d+)') number() {
      return 'x';
    }
    @Get('/hello') hello() {
      return 'x';
    }
  }
  return [Notes, Me, Text];
}

/** A path with a value for each parameter, which the patterns here take. */
const filled = (path: string): string => path.replace(/\{[^}]*\}/g, '7');

const REQUESTS: Record<string, OutgoingHttpHeaders> = {
  none: {},
  wrong: basic('wrong', 'x'),
  malformed: basic('malformed', 'x'),
  doubled: { Authorization: ['Basic YQ==', 'Basic Yg=='] },
  throttled: basic('throttled', 'x'),
  unavailable: basic('unavailable', 'x'),
  nobody: basic('ann', 'x'),
  admin: basic('admin', 'x'),
  foreign: { ...basic('admin', 'x'), 'sec-fetch-site': 'cross-site' },
};

for (const driver of DRIVERS) {
  describe(`OpenAPI documents on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [name, host] of [
      ['under a prefix', { routePrefix: '/api' }],
      ['without a prefix', {}],
    ] as const) {
      it(`say of each operation ${name} what its clients get`, async () => {
        const security = createSecurity({ logger: new MemoryLogger(), providers: [Token, Password] });
        const options = security.secure({ ...host, controllers: controllers(driver) });
        const { document, unlisted } = documented(options);
        expect(unlisted).to.deep.equal([]);
        await using server = await TestServer.start(driver.build(options));
        const operations = Object.entries(document.paths).flatMap(([path, item]) =>
          Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
        );
        expect(operations.length).to.be.greaterThan(20);
        const unseen = new Set<string>();
        for (const { path, method, operation } of operations) {
          const seen = await statusesOf(server, method, filled(path), operation);
          const stated = Object.keys(operation.responses).map((status) =>
            status === '2XX' ? '200' : status,
          );
          for (const status of seen) expect(stated, `${method} ${path}`).to.include(status);
          for (const status of stated) if (!seen.has(status)) unseen.add(`${status} ${method} ${path}`);
        }
        const prefix = 'routePrefix' in host ? host.routePrefix : '';
        // Those nobody here gets in: no login is fresh, and the policy refuses everybody.
        expect([...unseen]).to.deep.equal([`200 patch ${prefix}/me/fresh`, `200 delete ${prefix}/me/never`]);
      });
    }

    async function statusesOf(
      server: TestServer,
      method: string,
      path: string,
      { security, responses }: Operation,
    ): Promise<Set<string>> {
      const seen = new Set<string>();
      for (const [who, headers] of Object.entries(REQUESTS)) {
        const { status, response } = await server.raw(path, { method, headers });
        const where = `${method} ${path} as ${who}`;
        seen.add(String(status));
        if (who === 'none') {
          const isOpen = security!.length === 0 || security!.some((one) => Object.keys(one).length === 0);
          expect(status, where).to.equal(isOpen ? 200 : 401);
        }
        if (status === 401) {
          const challenges = response.headersDistinct['www-authenticate']!.map((line) =>
            line.split(' ')[0]!.toLowerCase(),
          );
          const schemes = security!.flatMap(Object.keys);
          expect(schemes, where).to.have.members(challenges);
        }
        if (status === 429 || status === 503)
          expect(response.headers['retry-after'], where).to.match(/^\d+$/);
        if (status >= 400) {
          const { $ref = '' } = responses[String(status)]!;
          const type = $ref.endsWith('Text') ? 'text/plain' : 'application/json';
          if (method !== 'head') expect(response.headers['content-type'], where).to.include(type);
        }
      }
      return seen;
    }

    it('have no operation that is not served, and all that are', async () => {
      const security = createSecurity({ logger: new MemoryLogger(), providers: [Token, Password] });
      const options = security.secure({ controllers: controllers(driver) });
      const { paths } = documented(options).document;
      await using server = await TestServer.start(driver.build(options));
      for (const [path, item] of Object.entries(paths)) {
        for (const method of ['get', 'put', 'post', 'delete', 'patch']) {
          const { status } = await server.raw(filled(path), { method, headers: REQUESTS['admin'] });
          const isServed = status !== 404 && status !== 405 && status !== 501;
          expect(isServed, `${method} ${path}: ${String(status)}`).to.equal(method in item);
        }
      }
    });
  });
}
