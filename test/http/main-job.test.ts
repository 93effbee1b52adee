import 'reflect-metadata';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  AuthProvider,
  type Authentication,
  CurrentAuthentication,
  MemoryUserstore,
  PasswordProvider,
  Public,
  securest,
  TokenProvider,
  TokenService,
  type User,
  Userstore,
} from '../../src';
import { basic, CREATORS, DRIVERS, TestServer } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { MemoryLogger, reset } from '../support/reset';

describe('The main job', () => {
  beforeEach(reset);

  for (const driver of [...DRIVERS, ...CREATORS]) {
    it(`secures an app by decoration on ${driver.name}`, async () => {
      @Userstore()
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', password: hashSync('ann-password', 4), roles: ['editor'] },
              { username: 'bob', password: hashSync('bob-password', 4), groups: ['readers'] },
            ],
            groups: [{ name: 'readers', roles: ['reader'] }],
          });
        }
      }

      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({ secret: 'x'.repeat(32), issuer: 'notes', audience: 'notes-api', ttlSeconds: 600 });
        }
      }

      @AuthProvider(1)
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }

      @AuthProvider(2)
      class Token extends TokenProvider {
        constructor(tokens: Tokens) {
          super(tokens);
        }
      }

      @Authorized()
      @JsonController('/notes')
      class NotesController {
        constructor(private readonly tokens: Tokens) {}

        @Get('/')
        list(@CurrentUser() user: User) {
          return { user };
        }

        @Authorized('editor')
        @Post('/')
        add() {
          return { added: true };
        }

        @Authorized(['reader', 'editor'])
        @Get('/read')
        read() {
          return { read: true };
        }

        @Post('/token')
        token(@CurrentAuthentication() login: Authentication) {
          return this.tokens.issue(login);
        }

        @Public()
        @Get('/health')
        health() {
          return { ok: true };
        }
      }

      expect(Container.has(Users) && Container.has(Password) && Container.has(Token)).to.equal(true);

      const logger = new MemoryLogger();
      await using server = await TestServer.start(
        driver.build(securest({ controllers: [NotesController], security: { logger } })),
      );

      const anonymous = await server.raw('/notes');
      expect(anonymous.status).to.equal(401);
      expect(JSON.parse(anonymous.text)).to.deep.equal({
        name: 'AuthenticationRequiredError',
        code: 'authentication_required',
        message: 'Unauthorized User',
      });
      expect(
        anonymous.response.rawHeaders.filter((_, index, all) => all[index - 1] === 'WWW-Authenticate'),
      ).to.deep.equal(['Bearer realm="api"', 'Basic realm="api", charset="UTF-8"']);

      const list = await server.fetch('/notes', { headers: basic('ann', 'ann-password') });
      expect(list.status).to.equal(200);
      expect(await list.json()).to.deep.equal({ user: { username: 'ann', roles: ['editor'] } });
      expect(list.headers.get('cache-control')).to.equal('private, no-store');
      expect(list.headers.get('vary')).to.match(/authorization/i);

      const wrong = await server.fetch('/notes', { headers: basic('ann', 'no') });
      expect(wrong.status).to.equal(401);
      expect(((await wrong.json()) as { code: string }).code).to.equal('invalid_credentials');

      const post = (user: string, path: string) =>
        server.fetch(path, { method: 'POST', headers: basic(user, `${user}-password`) });
      expect((await post('bob', '/notes')).status).to.equal(403);
      expect((await post('ann', '/notes')).status).to.equal(200);
      expect((await server.fetch('/notes/read', { headers: basic('bob', 'bob-password') })).status).to.equal(
        200,
      );

      const issued = await post('bob', '/notes/token');
      expect(issued.status).to.equal(200);
      const { token } = (await issued.json()) as { token: string };
      const byToken = await server.fetch('/notes', { headers: { authorization: `Bearer ${token}` } });
      expect(byToken.status).to.equal(200);
      expect((await server.fetch('/notes/health')).status).to.equal(200);

      // One of the two makers has a line of its own about the Express that it runs on.
      const lines = logger.lines.filter((line) => !line.includes('createExpressServer() runs on'));
      expect(logger.lines.length - lines.length).to.equal(driver.name === 'createExpressServer' ? 1 : 0);
      expect(lines.slice(0, 4)).to.deep.equal([
        'info securest: userstore Users',
        'info securest: provider 1 Password',
        'info securest: provider 2 Token',
        'info securest: 4 guarded routes, 1 opened by @Public(), 0 open by default',
      ]);
    });
  }
});
