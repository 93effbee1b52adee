import { join } from 'node:path';
import { expect } from 'chai';
import {
  All,
  Authorized,
  Body,
  Controller,
  CurrentUser,
  Get,
  getMetadataArgsStorage,
  Header,
  JsonController,
  Middleware,
  Param,
  Post,
  UploadedFile,
  UseAfter,
  UseBefore,
  UseInterceptor,
} from 'routing-controllers';
import {
  type Access,
  allOf,
  anyOf,
  ConfigurationError,
  type Constructor,
  createSecurity,
  MemoryUserstore,
  Public,
  recentLogin,
  scope,
  type SecurityOptions,
  securityReport,
  type UserstoreInterface,
} from '../../../src';
import type * as Securest from '../../../src/securest';
import { toLockFile } from '../../../src/report/lock-file';
import { MemoryLogger, reset } from '../../support/reset';
import { provider, store } from '../../support/scripted';

const providers = [provider('first', () => null), provider('second', () => null)];

function secure(controllers: (Constructor<object> | string)[], security: SecurityOptions = {}, host = {}) {
  const logger = new MemoryLogger();
  const options = createSecurity({ logger, providers, ...security }).secure({
    controllers: controllers as never,
    ...host,
  });
  return { options, logger };
}

/** That of a process in which no app has used it. */
function barePair(): Pick<typeof Securest, 'authorizationChecker' | 'currentUserChecker'> {
  const path = require.resolve('../../../src/securest');
  const before = require.cache[path];
  Reflect.deleteProperty(require.cache, path);
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would not load it anew
    const { authorizationChecker, currentUserChecker } = require(path) as typeof Securest;
    return { authorizationChecker, currentUserChecker };
  } finally {
    require.cache[path] = before;
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('was resolved'),
    (error: unknown) => error,
  );
}

describe('securityReport', () => {
  beforeEach(reset);

  it('has every route in order, with its access, where it comes from, and the providers that can authenticate for it', async () => {
    @Authorized('staff')
    class Base {
      @Authorized('editor') @Get('/inherited') inherited() {}
    }
    class Middle extends Base {
      override inherited() {}
    }
    @Authorized()
    @JsonController('/x')
    class Sub extends Middle {
      @Authorized('a') @Authorized(allOf('b', 'c')) @Post('/stacked') stacked() {}
      @All(/^\/any\d+$/) any() {}
    }
    @JsonController('/y')
    class Open {
      @Public() @Get('/public') open() {}
      @Get('/required') required(@CurrentUser({ required: true }) _user: object) {}
    }
    const { options, logger } = secure([Sub, Open], {}, { routePrefix: '/api' });
    const { routes } = await securityReport(options);
    const brief = routes.map(({ method, path, action, access }) => `${method} ${path} ${action}: ${access}`);
    const [any = '', ...others] = brief.toSorted();
    expect(any).to.match(/^ALL \S*any\\d\+\S* Sub\.any: any authenticated user and role staff$/);
    expect(others).to.deep.equal([
      'GET /api/x/inherited Sub.inherited: any authenticated user and role staff and role editor',
      'GET /api/y/public Open.open: anyone (@Public() on Open.open)',
      'GET /api/y/required Open.required: any authenticated user',
      'POST /api/x/stacked Sub.stacked: any authenticated user and role staff and all of (role b, role c) and role a',
    ]);
    const inherited = routes.find(({ action }) => action === 'Sub.inherited');
    expect(inherited?.levels).to.deep.equal([
      { rule: 'any authenticated user', source: 'class Sub' },
      { rule: 'role staff', source: 'base class Base' },
      { rule: 'role editor', source: 'Base.inherited' },
    ]);
    expect(inherited?.providers).to.deep.equal(['first', 'second']);
    const required = routes.find(({ action }) => action === 'Open.required');
    expect(required?.levels).to.deep.equal([
      { rule: 'any authenticated user', source: 'parameter 1 of Open.required' },
    ]);
    expect(required?.providers).to.deep.equal(['first', 'second']);
    expect(routes.find(({ action }) => action === 'Open.open')?.providers).to.deep.equal([]);
    expect(logger.lines).to.deep.equal([]);
  });

  it("shows default: 'authenticated' and @Authorized(undefined) for what they are", async () => {
    @JsonController()
    class Defaults {
      @Get('/default') byDefault() {}
      @Authorized(undefined) @Get('/undefined') byUndefined() {}
    }
    const { routes } = await securityReport(secure([Defaults], { default: 'authenticated' }).options);
    expect(routes.map(({ levels }) => levels)).to.deep.equal([
      [{ rule: 'any authenticated user', source: 'default' }],
      [{ rule: 'any authenticated user', source: 'Defaults.byUndefined' }],
    ]);
  });

  it('reads controllers from folder patterns, and knows what their base classes guard', async () => {
    const folder = join(__dirname, '../../fixtures/controllers');
    // What another test of this process loaded has decorated its classes already, and was forgotten.
    for (const path of Object.keys(require.cache)) {
      if (path.startsWith(folder)) Reflect.deleteProperty(require.cache, path);
    }
    const { routes } = await securityReport(secure([join(folder, '*.ts')]).options);
    expect(routes.length).to.be.greaterThan(0);
    const sources = routes.flatMap(({ levels }) => levels.map(({ source }) => source));
    expect(sources.some((source) => source.startsWith('base class '))).to.be.true;
  });

  it('says what runs before authorization and after it', async () => {
    function trace() {}
    function later() {}
    @Middleware({ type: 'before' })
    class Compress {
      use() {}
    }
    @Middleware({ type: 'after' })
    class Late {
      use() {}
    }
    @UseBefore(trace)
    @Controller()
    class Things {
      @UseAfter(later) @Authorized() @Post('/body') body(@Body() _body: object) {}
      @UseBefore(later) @Authorized() @Post('/file') file(@UploadedFile('f') _file: object) {}
    }
    const { options } = secure([Things], {}, { middlewares: [Compress, Late] });
    const { routes } = await securityReport(options);
    expect(routes.map(({ before, after }) => [before, after])).to.deep.equal([
      [['Compress', 'body parser', 'trace'], []],
      [['Compress', 'trace', 'later'], ['upload']],
    ]);
  });

  it('says that nothing of an action runs before what early decides', async () => {
    function trace() {}
    @Middleware({ type: 'before' })
    class Compress {
      use() {}
    }
    @UseBefore(trace)
    @Controller()
    class Things {
      @Authorized(anyOf('editor', allOf('a', scope('x')))) @Post('/roles') roles(@Body() _body: object) {}
      @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Post('/file') file(@UploadedFile('f') _file: object) {}
      @Authorized(anyOf('editor', () => true)) @Post('/policy') policy(@Body() _body: object) {}
      @Public() @Post('/open') open(@Body() _body: object) {}
    }
    const before = async (security: SecurityOptions) => {
      const { options } = secure([Things], { early: true, ...security }, { middlewares: [Compress] });
      const { routes } = await securityReport(options);
      return routes.map((route) => [route.before, route.after]);
    };
    const late = [['Compress', 'body parser', 'trace'], []];
    expect(await before({})).to.deep.equal([
      [['Compress'], ['body parser', 'trace']],
      [['Compress'], ['trace', 'upload']],
      late,
      late,
    ]);
    const rules = class {
      authorize() {
        return true;
      }
    };
    expect((await before({ authorizationProviders: [rules] }))[0]).to.deep.equal(late);
  });

  it('warns with stable codes, and names what hides a route', async () => {
    const trace = () => undefined;
    class Base {
      @UseBefore(trace) @Authorized() @Get('/lost') lost(@Param('id') _id: string) {}
    }
    @JsonController('/n')
    class Notes extends Base {
      @Get('/:id') one() {}
      @Authorized('editor') @Get('/mine') mine() {}
    }
    const { routes, warnings } = await securityReport(secure([Notes]).options);
    expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([
      ['open_without_public', 'Notes.one'],
      ['inheritance_loss', 'Notes.lost'],
      ['guarded_route_hidden', 'Notes.mine'],
      ['guarded_route_hidden', 'Notes.lost'],
    ]);
    const hidden = routes.filter(({ hiddenBy }) => hiddenBy !== undefined);
    expect(hidden.map(({ action, hiddenBy }) => [action, hiddenBy])).to.deep.equal([
      ['Notes.mine', 'GET /n/:id (Notes.one)'],
      ['Notes.lost', 'GET /n/:id (Notes.one)'],
    ]);
  });

  it('names what a base class loses, and no interceptor or header, which are restored', async () => {
    class Base {
      @UseInterceptor(() => ({})) @Header('X-A', '1') @Authorized() @Get('/kept') kept() {}
    }
    @JsonController('/n')
    class Notes extends Base {}
    const { warnings } = await securityReport(secure([Notes]).options);
    expect(warnings).to.deep.equal([]);
  });

  it('warns of a method whose roles its class keeps out', async () => {
    @Authorized('staff')
    @JsonController('/n')
    class Notes {
      @Authorized('editor') @Get('/drafts') drafts() {}
      @Authorized('admin') @Get('/all') all() {}
    }
    const { options } = secure([Notes], { roleHierarchy: { admin: ['staff'] } });
    const { warnings } = await securityReport(options);
    expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([
      ['narrowed_by_class', 'Notes.drafts'],
    ]);
  });

  describe('knows roles that nobody can have', () => {
    const users = () => {
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', roles: ['admin'] },
              { username: 'bob', groups: ['g'] },
            ],
            groups: [{ name: 'g', roles: ['grouped'] }],
          });
        }
      }
      return Users;
    };
    const guarded = () => {
      @JsonController()
      class Roles {
        @Authorized(allOf('admin', 'grouped', 'implied', 'misspelt')) @Get('/x') x() {}
      }
      return [Roles];
    };
    const found = async (security: SecurityOptions) => {
      const { warnings } = await securityReport(secure(guarded(), security).options);
      return warnings.map(({ code, message }) => `${code} ${/role (\w+)/.exec(message)?.[1] ?? ''}`);
    };
    const roleHierarchy = { admin: ['implied'] };

    it('by the users, groups and hierarchy that there are', async () => {
      expect(await found({ userstores: [users()], roleHierarchy })).to.deep.equal([
        'unobtainable_role misspelt',
      ]);
    });

    it('and says nothing where that cannot be known', async () => {
      expect(await found({ userstores: [users(), store(() => null)] })).to.deep.equal([]);
      reset();
      expect(await found({ userstores: [] })).to.deep.equal([]);
      reset();
      class Loader {
        getRoles() {
          return [];
        }
      }
      expect(await found({ userstores: [users()], roleLoaders: [Loader] })).to.deep.equal([]);
    });

    it('from a store that lists them later', async () => {
      class Later implements UserstoreInterface {
        getUser = () => null;
        listRoles = () => Promise.resolve(new Set(['admin', 'grouped', 'misspelt']));
      }
      expect(await found({ userstores: [Later] })).to.deep.equal(['unobtainable_role implied']);
    });
  });

  it('reports on the bare pair, and names each guard that only half of it would lose', async () => {
    @JsonController()
    class Bare {
      @Authorized() @Get('/x') x() {}
    }
    const logger = new MemoryLogger();
    const security = createSecurity({ logger, providers });
    const half = { controllers: [Bare], currentUserChecker: security.currentUserChecker };
    const { warnings } = await securityReport(half);
    expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([['guard_lost', 'Bare.x']]);
    const whole = { ...half, authorizationChecker: security.authorizationChecker };
    expect((await securityReport(whole)).warnings).to.deep.equal([]);
    const bare = await failure(securityReport({ controllers: [Bare], ...barePair() }));
    expect(bare)
      .to.be.instanceOf(ConfigurationError)
      .with.property('message')
      .that.includes('Bare.x is guarded');
  });

  it('refuses options that are not secured, and what no server would start with', async () => {
    @JsonController()
    class Wrong {
      @Authorized([]) @Get('/x') x() {}
    }
    expect(await failure(securityReport({ controllers: [Wrong] }))).to.be.instanceOf(ConfigurationError);
    expect(await failure(securityReport(secure([Wrong]).options))).to.be.instanceOf(ConfigurationError);
  });

  it("leaves the host's metadata as it was, for the server that comes after it", async () => {
    @JsonController()
    class Notes {
      @Authorized() @Get('/x') x(@CurrentUser() _user: object) {}
    }
    const before = getMetadataArgsStorage().params.map(({ required }) => String(required));
    const host = { defaults: { paramOptions: { required: true } } };
    const { options } = secure([Notes], {}, host);
    const first = await securityReport(options);
    expect(getMetadataArgsStorage().params.map(({ required }) => String(required))).to.deep.equal(before);
    expect(await securityReport(options)).to.deep.equal(first);
  });

  it('has the guards outside of actions, after the routes', async () => {
    @JsonController('/notes')
    class Notes {
      @Authorized()
      @Get('/')
      list() {}
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers,
      authorizationProviders: [
        class Rules {
          authorize() {
            return true;
          }
          describe({ method, route }: Access) {
            return `${method} ${String(route)}`;
          }
        },
      ],
    });
    const options = security.secure({ controllers: [Notes] });
    security.guard(['editor', 'admin'], { name: 'docs' });
    security.guard();
    const { routes } = await securityReport(options);
    expect(routes.map(({ method, path, action }) => [method, path, action])).to.deep.equal([
      ['GET', '/notes/', 'Notes.list'],
      ['*', 'docs', 'guard docs'],
      ['*', 'any authenticated user', 'guard any authenticated user'],
    ]);
    expect(routes[1]).to.deep.equal({
      method: '*',
      path: 'docs',
      action: 'guard docs',
      controller: '',
      summary: '(admin or editor) and ALL undefined',
      access: 'any of (role editor, role admin) and ALL undefined',
      normalised: 'any of (role admin, role editor) and ALL undefined',
      levels: [
        { rule: 'any of (role editor, role admin)', source: 'guard docs' },
        { rule: 'ALL undefined', source: 'Rules' },
      ],
      providers: ['first', 'second'],
      before: [],
      after: [],
      may: { anonymous: 'no', 'any login': 'no', 'role admin': 'depends', 'role editor': 'depends' },
      why: {
        anonymous: 'no login',
        'any login': 'lacks any of (role editor, role admin) (guard docs)',
        'role admin': 'authorization provider Rules',
        'role editor': 'authorization provider Rules',
      },
    });
    expect(toLockFile(await securityReport(options))).to.contain(
      '"method":"*","path":"docs","action":"guard docs"',
    );
  });
});
