import { setImmediate as turn } from 'node:timers/promises';
import { AsyncResource } from 'node:async_hooks';
import http from 'node:http';
import { expect } from 'chai';
import {
  Authorized,
  Body,
  Get,
  JsonController,
  Post,
  type RoutingControllersOptions,
  UseAfter,
  UseBefore,
} from 'routing-controllers';
import { Service } from 'typedi';
import {
  Authentication,
  ConfigurationError,
  createSecurity,
  type Security,
  type SecurityRequest,
  type User,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider } from '../support/secured-server';

let seen: Record<string, string[]>;

function note(place: string, security: Security): void {
  (seen[place] ??= []).push(security.currentUser()?.username ?? 'nobody');
}

function scene(): { security: Security; options: RoutingControllersOptions } {
  const security: Security = createSecurity({
    context: true,
    logger: new MemoryLogger(),
    userstores: [CastUserstore],
    providers: [NameProvider],
    authorizationProviders: [
      class Rules {
        authorize() {
          note('authorization provider', security);
          return true;
        }
      },
    ],
    roleLoaders: [
      class Roles {
        async getRoles() {
          note('role loader', security);
          await turn();
          return [];
        }
      },
    ],
  });

  const middleware =
    (place: string) =>
    (...args: unknown[]): unknown => {
      note(place, security);
      return (args.at(-1) as () => unknown)();
    };

  @Service()
  class Notes {
    async list() {
      await turn();
      note('service', security);
      return security.currentLogin()?.user.username ?? 'nobody';
    }
  }

  @JsonController('/notes')
  class NotesController {
    private readonly notes = new Notes();

    @Authorized(async ({ username }: User, _request: SecurityRequest) => {
      await turn();
      note('policy', security);
      return username !== 'staff';
    })
    @UseBefore(middleware('before'))
    @UseAfter(middleware('after'))
    @Post('/')
    add(@Body() _body: object) {
      note('action', security);
      return this.named();
    }

    @Get('/open')
    open() {
      note('open', security);
      return this.named();
    }

    @Authorized()
    @Get('/')
    list() {
      return this.named();
    }

    private async named() {
      return { name: await this.notes.list() };
    }
  }
  return { security, options: security.secure({ controllers: [NotesController] }) };
}

describe('The login of the request at hand', () => {
  beforeEach(() => {
    reset();
    seen = {};
  });

  for (const driver of DRIVERS) {
    it(`is there for all that runs for an action on ${driver.name}`, async () => {
      const { options } = scene();
      await using server = await TestServer.start(driver.build(options));
      const headers = { ...as('editor'), 'content-type': 'application/json' };
      const { status, text } = await server.raw('/notes', { method: 'POST', headers }, '{"a":1}');
      expect([status, text]).to.deep.equal([200, '{"name":"editor"}']);
      // Nobody has asked for it yet.
      expect(seen['before']).to.deep.equal(['nobody']);
      expect(seen).to.deep.include({
        policy: ['editor'],
        'authorization provider': ['editor'],
        action: ['editor'],
        service: ['editor'],
      });
      if (seen['after'] !== undefined) expect(seen['after']).to.deep.equal(['editor']);
    });

    it(`is nobody's on ${driver.name} where nobody is asked for`, async () => {
      const { options } = scene();
      await using server = await TestServer.start(driver.build(options));
      expect((await server.raw('/notes/open', { headers: as('editor') })).text).to.equal('{"name":"nobody"}');
      expect((await server.raw('/notes')).status).to.equal(401);
    });

    it(`is never that of another request on ${driver.name}`, async () => {
      const { options } = scene();
      await using server = await TestServer.start(driver.build(options));
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const cast = ['user', 'staff', 'editor', 'both'] as const;
      const replies = await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => {
          const who = cast[(index * 7) % cast.length]!;
          const path = index % 3 === 0 ? '/notes/open' : '/notes';
          const { text } = await server.raw(path, { headers: as(who), agent });
          return text === JSON.stringify({ name: index % 3 === 0 ? 'nobody' : who });
        }),
      );
      agent.destroy();
      expect(replies.filter((isRight) => !isRight)).to.deep.equal([]);
    });
  }

  it('is there for the handler of a guard, and for what follows one', async () => {
    const { security } = scene();
    const answer = async (_request: http.IncomingMessage, response: http.ServerResponse) => {
      await turn();
      response.end(security.currentUser()?.username ?? 'nobody');
    };
    const guard = security.guard(undefined, answer);
    await using server = await TestServer.start((request, response) => void guard(request, response));
    expect((await server.raw('/', { headers: as('staff') })).text).to.equal('staff');
    expect(security.currentUser()).to.equal(undefined);
  });

  it('is that of runAs() within its work alone', async () => {
    const { security } = scene();
    const job = new Authentication({ username: 'job' });
    const within = await security.runAs(job, async () => {
      await turn();
      const inner = security.runAs(new Authentication({ username: 'other' }), () => security.currentUser());
      return [
        security.currentLogin(),
        inner?.username,
        new AsyncResource('x').runInAsyncScope(() => security.currentUser()?.username),
      ];
    });
    expect(within).to.deep.equal([job, 'other', 'job']);
    expect(security.currentLogin()).to.equal(undefined);
  });

  it('is a mistake to ask for while it is off', () => {
    const security = createSecurity({ logger: new MemoryLogger() });
    const calls = [
      () => security.currentLogin(),
      () => security.currentUser(),
      () => security.runAs(new Authentication({ username: 'job' }), () => 1),
    ];
    for (const call of calls) expect(call).to.throw(ConfigurationError, 'context: true');
  });

  it('tells loginOf() without the option, and asks nobody', async () => {
    const security = createSecurity({
      logger: new MemoryLogger(),
      userstores: [CastUserstore],
      providers: [NameProvider],
    });
    const guard = security.guard('editor');
    const told: unknown[] = [];
    await using server = await TestServer.start((request, response) => {
      told.push(security.loginOf(request));
      void guard(request, response).then((mayGoOn) => {
        told.push(security.loginOf(request)?.user.username, security.loginOf({ req: request })?.scopes);
        if (mayGoOn) response.end();
      });
    });
    for (const who of ['nobody', 'user', 'editor'] as const) await server.raw('/', { headers: as(who) });
    expect(told).to.deep.equal([
      ...[undefined, undefined, undefined],
      ...[undefined, 'user', undefined],
      ...[undefined, 'editor', undefined],
    ]);
  });
});
