import { expect } from 'chai';
import {
  All,
  Authorized,
  Controller,
  CurrentUser,
  Delete,
  Get,
  Head,
  HttpCode,
  JsonController,
  Method,
  Param,
  Post,
  Redirect,
} from 'routing-controllers';
import {
  anyOf,
  allOf,
  type AuthProviderInterface,
  type AuthorizationProviderInterface,
  ConfigurationError,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  jwksController,
  Public,
  recentLogin,
  scope,
  type SecurityOptions,
  TokenService,
} from '../../../src';
import { securityDocument } from '../../../src/openapi';
import { documented, documentOf, expectValid, faultsOf, operationsIn, secured } from '../../support/openapi';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

const REFUSALS = {
  400: { $ref: '#/components/responses/MalformedCredentials' },
  401: { $ref: '#/components/responses/UnauthorizedUser' },
  429: { $ref: '#/components/responses/TooManyAttempts' },
  503: { $ref: '#/components/responses/AuthenticationUnavailable' },
};
const DENIED = { 403: { $ref: '#/components/responses/AccessDenied' } };
const SUCCESS = { '2XX': { description: 'Successful response' } };

function reading(credential: string | string[], schemes: string[] = []): Constructor<AuthProviderInterface> {
  return class {
    readonly credential = credential;
    readonly schemes = schemes;
    authenticate() {
      return null;
    }
  };
}

describe('securityDocument', () => {
  beforeEach(reset);

  it('says of each operation whether it is open, and by which replies it may be refused', async () => {
    @JsonController('/notes')
    class Notes {
      @Public() @Get('/') list() {}
      @Authorized() @Get('/mine') mine() {}
      @Authorized('editor') @Get('/all') all() {}
      @Get('/greeting') greeting(@CurrentUser() _user: object) {}
      @Get('/login') login(@CurrentAuthentication() _login: object) {}
    }
    const { document, unlisted, dropped } = documentOf([Notes], { realm: 'notes' });
    const { get: list } = document.paths['/notes']!;
    expect(list).to.deep.equal({
      tags: ['Notes'],
      operationId: 'Notes.list',
      security: [],
      responses: SUCCESS,
    });
    const basic = [{ basic: [] }];
    expect(document.paths['/notes/mine']!['get']).to.deep.include({
      security: basic,
      responses: { ...SUCCESS, ...REFUSALS },
    });
    expect(document.paths['/notes/all']!['get']).to.deep.include({
      security: basic,
      responses: { ...SUCCESS, ...REFUSALS, ...DENIED },
    });
    for (const path of ['/notes/greeting', '/notes/login']) {
      expect(document.paths[path]!['get'], path).to.deep.include({
        security: [{}, ...basic],
        responses: { ...SUCCESS, ...REFUSALS },
      });
    }
    expect([document.openapi, document.info, unlisted, dropped]).to.deep.equal([
      '3.1.1',
      { title: 'notes', version: '1.0.0' },
      [],
      [],
    ]);
    expect(document.components['securitySchemes']).to.deep.equal({
      basic: { type: 'http', scheme: 'basic' },
    });
    expect(document.components['schemas']).to.have.all.keys('SecurityError');
    await expectValid(document);
  });

  it('describes the headers and bodies of refusals', () => {
    @Authorized()
    @JsonController()
    class Notes {
      @Get('/notes') list() {}
    }
    @Authorized()
    @Controller()
    class Texts {
      @Get('/text') text() {}
    }
    const { document } = documentOf([Notes, Texts]);
    const responses = document.components['responses'] as Record<
      string,
      { headers: object; content: Record<string, unknown> }
    >;
    expect(Object.keys(responses['UnauthorizedUser']!.headers)).to.deep.equal(['WWW-Authenticate']);
    expect(Object.keys(responses['AuthenticationUnavailable']!.headers)).to.deep.equal(['Retry-After']);
    expect(responses['UnauthorizedUser']!.content).to.have.all.keys('application/json');
    expect(responses['UnauthorizedUserText']!.content).to.have.all.keys('text/plain');
    expect(document.paths['/text']!['get']!.responses['401']).to.deep.equal({
      $ref: '#/components/responses/UnauthorizedUserText',
    });
  });

  it('says nothing of the bodies that the app makes itself', () => {
    @Authorized()
    @JsonController()
    class Notes {
      @Get('/notes') list() {}
    }
    const hook = secured([Notes], { onUnauthorized: () => undefined });
    const handled = secured([Notes], {}, { defaultErrorHandler: false });
    for (const options of [hook, handled]) {
      const { components } = documented(options).document;
      expect(components['responses']!['UnauthorizedUser']).to.not.have.property('content');
      expect(components).to.not.have.property('schemas');
    }
  });

  describe('has 403', () => {
    function statuses(
      security: SecurityOptions,
      guard: ReturnType<typeof Authorized> = Authorized(),
    ): string[] {
      @JsonController()
      class Notes {
        @Get('/notes') list() {}
        @Post('/notes') add() {}
      }
      guard(Notes.prototype, 'list');
      guard(Notes.prototype, 'add');
      const { paths } = documentOf([Notes], security).document;
      return Object.entries(paths['/notes']!).flatMap(([method, { responses }]) =>
        '403' in responses ? [method] : [],
      );
    }
    const bearer = { providers: [reading('authorization', ['bearer'])] };

    it('for no login that suffices with a credential that browsers do not resend', () => {
      expect(statuses(bearer)).to.deep.equal([]);
      expect(statuses({ providers: [reading('x-api-key')] })).to.deep.equal([]);
    });

    it('for what asks for more than a login', () => {
      for (const rule of [scope('a'), recentLogin({ maxAgeSeconds: 1 }), 'role', () => true]) {
        expect(statuses(bearer, Authorized(rule as never))).to.deep.equal(['get', 'post']);
      }
    });

    it('where an authorization provider is asked', () => {
      class Rules implements AuthorizationProviderInterface {
        authorize() {
          return true;
        }
      }
      expect(statuses({ ...bearer, authorizationProviders: [Rules] })).to.deep.equal(['get', 'post']);
    });

    it('where https is required', () => {
      expect(statuses({ ...bearer, requireHttps: true })).to.deep.equal(['get', 'post']);
    });

    it('for unsafe methods where browsers resend a credential', () => {
      class Cookie extends reading('cookie', []) {
        override describe() {
          return { securitySchemes: { sid: { type: 'apiKey', in: 'cookie', name: 'sid' } } as const };
        }
      }
      for (const one of [
        reading('authorization', ['basic']),
        reading('authorization', ['negotiate']),
        reading('authorization'),
        reading('tls'),
        Cookie,
      ]) {
        expect(statuses({ providers: [...bearer.providers, one] })).to.deep.equal(['post']);
      }
    });
  });

  it('has the scopes that every way through the rules needs, for openIdConnect alone', async () => {
    @Authorized(scope('a'))
    @JsonController()
    class Notes {
      @Authorized(anyOf(allOf(scope('b'), 'x'), scope('c', 'b'))) @Get('/both') both() {}
      @Authorized(anyOf(scope('b'), 'x')) @Get('/either') either() {}
    }
    class Issuer extends reading('authorization', ['bearer', 'dpop']) {
      override describe() {
        return {
          openIdConnectUrl: 'https://id.example/.well-known/openid-configuration',
          dpop: { algorithms: ['ES256'], required: true },
        };
      }
    }
    const { document } = documentOf([Notes], { providers: [Issuer] });
    expect(document.paths['/both']!['get']!.security).to.deep.equal([
      { dpop: [] },
      { openIdConnect: ['a', 'b'] },
    ]);
    expect(document.paths['/either']!['get']!.security).to.deep.equal([
      { dpop: [] },
      { openIdConnect: ['a'] },
    ]);
    await expectValid(document);
  });

  it('says who may call what only where it is asked to', async () => {
    @JsonController()
    class Notes {
      @Authorized(['editor', 'chief_editor']) @Get('/notes') list() {}
      @Get('/open') open() {}
    }
    const quiet = JSON.stringify(documentOf([Notes]).document);
    expect(quiet).to.not.contain('editor');
    const { document } = documentOf([Notes], {}, { describeAccess: true });
    expect(document.paths['/notes']!['get']).to.deep.include({
      'x-access': 'chief_editor or editor',
      description: 'Access: chief\\_editor or editor.',
    });
    expect(document.paths['/open']!['get']).to.deep.include({
      'x-access': 'open',
      description: 'Access: open.',
    });
    await expectValid(document);
  });

  it('has inherited actions, all methods of @All, and no class that the app does not serve', async () => {
    class Base {
      @Authorized('editor') @Get('/inherited/:id') inherited(@Param('id') _id: string) {}
    }
    @JsonController('/sub')
    class Sub extends Base {
      @Get('/any') first() {}
      @All('/any') any() {}
    }
    @JsonController('/unused')
    class Unused {
      @Get('/') get() {}
    }
    expect(operationsIn(documentOf([Unused]).document)).to.deep.equal(['get /unused']);
    const { document } = documentOf([Sub]);
    expect(operationsIn(document)).to.have.members([
      'get /sub/any',
      ...['put', 'post', 'delete', 'options', 'patch'].map((method) => `${method} /sub/any`),
      'get /sub/inherited/{id}',
    ]);
    expect(document.paths['/sub/inherited/{id}']!['get']!.responses).to.have.property('403');
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).to.equal(ids.length);
    await expectValid(document);
  });

  it('leaves out what an earlier route answers, whatever it asks for', () => {
    @JsonController()
    class Notes {
      @Get('/notes/:id') one() {}
      @Get('/notes/new') hidden() {}
      @Head('/notes/:any') head() {}
      @Post('/notes/new') post() {}
      @All('/notes/:all') all() {}
    }
    const { document, unlisted } = documentOf([Notes]);
    expect(operationsIn(document)).to.have.members([
      'get /notes/{id}',
      ...['put', 'post', 'delete', 'options', 'patch'].map((method) => `${method} /notes/{id}`),
      'post /notes/new',
    ]);
    expect(unlisted).to.deep.equal([]);
  });

  it('states patterns, and optional parts as paths of their own', async () => {
    @JsonController('/a')
    class Paths {
      @Get('/number/:id(\\d+)') number(@Param('id') _id: number) {}
      @Get('/either/:id(x|y)/:rest?') either() {}
      @Get('/two/:first?/:second?') two() {}
      @Get('/group{/:part}') group() {}
      @Get('/slash/') slash() {}
      @Get('/unnamed/(\\w+)') unnamed() {}
    }
    const { document, unlisted } = documentOf([Paths]);
    expect(Object.keys(document.paths)).to.have.members([
      '/a/number/{id}',
      ...['/a/either/{id}', '/a/either/{id}/{rest}'],
      ...['/a/two', '/a/two/{first}', '/a/two/{first}/{second}'],
      ...['/a/group', '/a/group/{part}'],
      '/a/slash',
      '/a/unnamed/{0}',
    ]);
    expect(unlisted).to.deep.equal([]);
    const schemaAt = (path: string, at = 0) => document.paths[path]!['get']!.parameters![at]!.schema;
    expect(schemaAt('/a/number/{id}')).to.deep.equal({ type: 'number', pattern: '^(?:\\d+)$' });
    expect(schemaAt('/a/either/{id}')).to.deep.equal({ type: 'string', pattern: '^(?:x|y)$' });
    expect(schemaAt('/a/either/{id}/{rest}', 1)).to.deep.equal({ type: 'string' });
    await expectValid(document);
  });

  it('guesses at no route that OpenAPI has no words for', () => {
    @JsonController('/a')
    class Paths {
      @Get('/star/*') star() {}
      @Get('/rest/:rest(.*)') rest() {}
      @Get('/more/:more+') more() {}
      @Get('/any/:any*') any() {}
      @Get(/\/expression/) expression() {}
      @Get('/twice/:id/:id') twice() {}
      @Get('/class/:id([^a-z]+)') characters() {}
      @Get('/four/:a?/:b?/:c?/:d?') four() {}
      @Method('propfind', '/own') own() {}
    }
    const { document, unlisted } = documentOf([Paths]);
    // What can be stated of a route is there.
    expect(operationsIn(document)).to.have.members([
      'get /a/any',
      'get /a/four',
      ...['{a}/{b}/{c}', '{a}/{b}/{c}/{d}'].map((rest) => `get /a/four/${rest}`),
    ]);
    expect(unlisted).to.deep.equal([
      'GET /a/star/* (Paths.star)',
      'GET /a/rest/:rest(.*) (Paths.rest)',
      'GET /a/more/:more+ (Paths.more)',
      'GET /a/any/:any* (Paths.any)',
      `GET ${String.raw`^\/a\/expression\/?$`} (Paths.expression)`,
      'GET /a/twice/:id/:id (Paths.twice)',
      'GET /a/class/:id([^a-z]+) (Paths.characters)',
      'GET /a/four/:a?/:b?/:c?/:d? (Paths.four)',
      'PROPFIND /a/own (Paths.own)',
    ]);
  });

  it('names guards outside of actions as unlisted', () => {
    const security = createSecurity({ logger: new MemoryLogger(), providers: [provider('p', () => null)] });
    security.guard('editor', { name: 'files' });
    const options = security.secure({ controllers: [class {}] as never });
    expect(documented(options).unlisted).to.deep.equal(['guard files']);
  });

  it('has one path item for paths that differ in names alone, with the names of the first', async () => {
    @JsonController('/notes')
    class Notes {
      @Get('/:id/parts/:part') get() {}
      @Delete('/:note/parts/:id') remove() {}
      @Get('/:other(\\d+)') first() {}
      @Get('/:name') second() {}
    }
    const { document, unlisted } = documentOf([Notes]);
    expect(operationsIn(document)).to.deep.equal([
      'get /notes/{id}/parts/{part}',
      'delete /notes/{id}/parts/{part}',
      'get /notes/{other}',
    ]);
    const names = document.paths['/notes/{id}/parts/{part}']!['delete']!.parameters!.map(({ name }) => name);
    expect(names).to.deep.equal(['id', 'part']);
    // Both are served, and a document has one operation of that path.
    expect(unlisted).to.deep.equal(['GET /notes/:name (Notes.second)']);
    await expectValid(document);
  });

  it('has the status that an action states for its success', () => {
    @JsonController()
    class Notes {
      @HttpCode(201) @Post('/notes') add() {}
      @Redirect('/notes') @Get('/old') old() {}
    }
    const { paths } = documentOf([Notes]).document;
    expect(paths['/notes']!['post']!.responses).to.have.all.keys('201');
    expect(paths['/old']!['get']!.responses).to.have.all.keys('302');
  });

  it('has what is served at the root without the prefix', () => {
    class Tokens extends TokenService {
      constructor() {
        super({ secret: 'x'.repeat(48), issuer: 'a', audience: 'a', ttlSeconds: 60 });
      }
    }
    const options = secured([jwksController({ tokens: Tokens })], {}, { routePrefix: '/api' });
    expect(operationsIn(documented(options).document)).to.deep.equal(['get /.well-known/jwks.json']);
  });

  describe('refuses', () => {
    const cases: [what: string, more: object][] = [
      ['an unknown option', { titel: 'x' }],
      ['an info without a version', { info: { title: 'x' } }],
      ['servers without an address', { servers: [{}] }],
      ['a base that is a text', { base: '{}' }],
      ['a base that is a list', { base: [] }],
      ['a base of version 2', { base: { openapi: '2.0' } }],
      ['a base whose version is a number', { base: { openapi: 3.1 } }],
      ['a base whose paths are a list', { base: { openapi: '3.0.0', paths: [] } }],
    ];
    for (const [what, more] of cases) {
      it(what, () => {
        expect(() => documentOf([], {}, more)).to.throw(ConfigurationError, 'securityDocument()');
      });
    }

    it('a base that refers to itself', () => {
      const base: Record<string, unknown> = { openapi: '3.0.0' };
      base['base'] = base;
      expect(() => documentOf([], {}, { base })).to.throw(ConfigurationError, 'base');
    });

    it('options that are not secured', () => {
      expect(() => securityDocument({ controllers: [] })).to.throw(ConfigurationError, 'not secured');
    });
  });

  it('is judged by validators that find faults', async () => {
    const { document } = documentOf([]);
    const broken = { ...document, paths: { '/x/{id}': { get: { responses: 'none' } } } };
    expect(await faultsOf(broken as never)).to.have.length(2);
  });
});
