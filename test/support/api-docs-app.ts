/** An app with Basic and Bearer logins, and with API documentation from which a browser calls it. */
import { hashSync } from 'bcryptjs';
import mount from 'koa-mount';
import { Authorized, Body, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  createSecurity,
  MemoryState,
  MemoryUserstore,
  type Middleware,
  PasswordProvider,
  tokenController,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { apiDocs, type ApiDocsOptions } from '../../src/openapi';
import { basic, type Driver, TestServer } from './drivers';
import { cheapPasswords } from './hashers';
import { MemoryLogger, reset } from './reset';

export const LOGIN = { username: 'ann', password: 'demo-password-of-ann' } as const;

const HASH = hashSync(LOGIN.password, 4);

const SECURITY = [{ basic: [] }, { bearer: [] }];
const RESPONSES = {
  200: { description: 'The answer' },
  401: { description: 'No credentials, or wrong ones' },
};

/** Names an issuer on another host, to which the page must not send requests. */
export const APP_DOCUMENT = {
  openapi: '3.1.1',
  info: { title: 'Notes', version: '1.0.0', description: 'Notes of the people who log in.' },
  tags: [{ name: 'Notes' }, { name: 'Me' }],
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic' },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      openIdConnect: {
        type: 'openIdConnect',
        openIdConnectUrl: 'https://id.example.invalid/.well-known/openid-configuration',
      },
    },
    schemas: { Note: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } },
  },
  paths: {
    '/me': {
      get: { tags: ['Me'], operationId: 'me', summary: 'Who asks', security: SECURITY, responses: RESPONSES },
    },
    '/notes': {
      post: {
        tags: ['Notes'],
        operationId: 'addNote',
        summary: 'Add a note',
        security: SECURITY,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Note' } } },
        },
        responses: RESPONSES,
      },
    },
    '/health': {
      get: { tags: ['Me'], operationId: 'health', summary: 'Is it up', security: [], responses: RESPONSES },
    },
  },
} as const;

export interface DocsAppOptions extends Partial<ApiDocsOptions> {
  /** Whether the documentation asks for a login. @default false */
  readonly isGuarded?: boolean;
}

/** A server with the app, and its documentation at `/docs`. */
export function startDocsApp(
  driver: Driver,
  { isGuarded = false, ...options }: DocsAppOptions = {},
): Promise<TestServer> {
  reset();
  @Service()
  class Tokens extends TokenService {
    constructor() {
      super({
        secret: 'a demo secret of more than thirty-two bytes',
        issuer: 'notes',
        audience: 'notes-api',
        state: new MemoryState(),
      });
    }
  }
  class Users extends MemoryUserstore {
    constructor() {
      super({ users: [{ username: LOGIN.username, password: HASH }] });
    }
  }
  class Password extends PasswordProvider {
    constructor() {
      super({ passwords: cheapPasswords });
    }
  }
  class Token extends TokenProvider {
    constructor() {
      super(Container.get(Tokens));
    }
  }
  @JsonController()
  class Notes {
    @Authorized() @Get('/me') me(@CurrentUser() { username }: User) {
      return { username };
    }
    @Authorized() @Post('/notes') add(@CurrentUser() { username }: User, @Body() { text }: { text: string }) {
      return { text, by: username };
    }
    @Get('/health') health() {
      return { status: 'up' };
    }
  }
  const security = createSecurity({
    logger: new MemoryLogger(),
    // A slow answer of a busy machine is not an outage.
    deadlineMs: 600_000,
    userstores: [Users],
    providers: [Password, Token],
  });
  const docs = apiDocs({ document: APP_DOCUMENT, logger: new MemoryLogger(), ...options });
  const mounted: Middleware = isGuarded ? security.guard(undefined, docs) : docs;
  const controllers = [Notes, tokenController({ tokens: Tokens })];
  return TestServer.start(
    driver.build(security.secure({ controllers }), {
      koa: { before: (app) => void app.use(mount('/docs', mounted)) },
      express: { before: (app) => void app.use('/docs', mounted) },
    }),
  );
}

/** A token of the demo login. */
export async function tokenOf(server: TestServer): Promise<string> {
  const headers = basic(LOGIN.username, LOGIN.password);
  const { text } = await server.raw('/token', { method: 'POST', headers });
  const { token } = JSON.parse(text) as { token: string };
  return token;
}
