import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import {
  type Action,
  Authorized,
  Body,
  createParamDecorator,
  Get,
  JsonController,
  Post,
  Req,
} from 'routing-controllers';
import { createSecurity, type Security, type SecurityRequest } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';

for (const driver of DRIVERS) {
  describe(`Where a request has come to on ${driver.name}`, () => {
    beforeEach(reset);

    const seen: string[] = [];
    const note = (request: SecurityRequest) => void seen.push(`${String(request.route)} ${request.path}`);
    const here = (_user: unknown, request: SecurityRequest) => (note(request), true);
    let security: Security;

    /** An open action that asks by itself, a guarded one, and one whose body is read by code of the app. */
    async function start(): Promise<TestServer> {
      seen.length = 0;
      security = createSecurity({
        logger: new MemoryLogger(),
        providers: [provider('P', (request) => (note(request), { username: 'ann' }))],
      });
      const Own = createParamDecorator({
        value: (action: Action) => Promise.resolve(security.currentUserChecker(action)),
      }) as ParameterDecorator;
      const verify = (request: IncomingMessage) => {
        request.url = '/things/rewritten';
      };
      @JsonController('/things')
      class Things {
        @Get('/own/:id') own(@Own user: { username: string } | undefined) {
          return { user: user?.username };
        }
        @Get('/asks/:id') async asks(@Req() request: { req?: IncomingMessage }) {
          const raw = request.req ?? (request as IncomingMessage);
          const login = await security.authenticate(raw);
          if (login !== undefined) await security.authorize(raw, login, here, 'things');
          return { user: login?.user.username };
        }
        @Authorized(here) @Post('/body/:id') body(@Body({ options: { verify } }) _body: object) {
          return {};
        }
      }
      return TestServer.start(driver.build(security.secure({ controllers: [Things] })));
    }

    it('is known to a parameter of the app that asks for the user in an open action', async () => {
      await using server = await start();
      const reply = await server.fetch('/things/own/1');
      expect([reply.status, await reply.text()]).to.deep.equal([200, '{"user":"ann"}']);
      expect(seen).to.deep.equal(['/things/own/:id /things/own/1']);
    });

    it('is known to an open action that authenticates and authorizes by itself', async () => {
      await using server = await start();
      expect((await server.fetch('/things/asks/1')).status).to.equal(200);
      expect(seen).to.deep.equal(Array.from({ length: 2 }, () => '/things/asks/:id /things/asks/1'));
    });

    it('is what the router matched, whatever the reading of the body does to the URL', async () => {
      await using server = await start();
      const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
      expect((await server.fetch('/things/body/1', init)).status).to.equal(200);
      expect(seen).to.deep.equal(Array.from({ length: 2 }, () => '/things/body/:id /things/body/1'));
    });
  });
}
