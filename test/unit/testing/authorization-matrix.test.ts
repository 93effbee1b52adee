import { expect } from 'chai';
import { All, Authorized, Body, CurrentUser, Get, JsonController, Param, Post } from 'routing-controllers';
import {
  anyOf,
  ConfigurationError,
  type Constructor,
  createSecurity,
  type GuardRule,
  MemoryUserstore,
  permission,
  Public,
  type SecurityOptions,
  type SecurityRequest,
  type User,
} from '../../../src';
import {
  type AuthorizationMatrixOptions,
  describeAuthorization,
  type TestRunner,
} from '../../../src/testing';
import { samplePath } from '../../../src/testing/sample-path';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [], groups: [{ name: 'staff', roles: ['reader'] }] });
  }
}
const USERS: Record<string, User> = {
  nobody: { username: 'nobody' },
  reader: { username: 'reader', groups: ['staff'] },
  admin: { username: 'admin', roles: ['admin'] },
  former: { username: 'former', roles: ['admin'], active: false },
};

function options(controllers: Constructor<object>[], security: SecurityOptions = {}) {
  return createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('p', () => null)],
    userstores: [Users],
    roleHierarchy: { admin: ['editor'] },
    permissions: { reader: ['note:read'] },
    ...security,
  }).secure({ controllers });
}

/** Runs what the matrix describes: each title with its failure, undefined for a test that passed. */
async function run(
  app: Parameters<typeof describeAuthorization>[0],
  matrix: Partial<AuthorizationMatrixOptions> = {},
): Promise<Record<string, string | undefined>> {
  const [before, after, tests]: [
    (() => Promise<void>)[],
    (() => Promise<void>)[],
    [string, () => Promise<void>][],
  ] = [[], [], []];
  const runner: TestRunner = {
    describe: (_title, body) => {
      body();
    },
    it: (title, body) => tests.push([title, body]),
    before: (body) => before.push(body),
    after: (body) => after.push(body),
  };
  describeAuthorization(app, { users: USERS, runner, ...matrix });
  const results: Record<string, string | undefined> = {};
  for (const body of before) await body();
  for (const [title, body] of tests) {
    results[title] = await body().then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
  }
  for (const body of after) await body();
  return results;
}

function failures(results: Record<string, string | undefined>): string[] {
  return Object.values(results).filter((message) => message !== undefined);
}

describe('describeAuthorization', () => {
  beforeEach(reset);
  const ran: string[] = [];

  function notes() {
    @Authorized()
    class Base {
      @Authorized(permission('note:read')) @Get('/inherited/:id') inherited(@Param('id') id: string) {
        ran.push(id);
      }
    }
    @JsonController('/notes')
    class Notes extends Base {
      @Authorized('editor') @Post('/') add(@Body({ required: true }) _body: object) {
        ran.push('add');
      }
      @Authorized(anyOf('reader', 'admin')) @All('/all') all() {
        ran.push('all');
      }
      @Public() @Get('/open') open(@CurrentUser() _user?: User) {
        ran.push('open');
      }
    }
    @JsonController()
    class Required {
      @Get('/required') required(@CurrentUser({ required: true }) _user: User) {
        ran.push('required');
      }
      @Authorized() @Get(/^\/note\d+$/) pattern() {
        ran.push('pattern');
      }
    }
    return [Notes, Required];
  }
  const paths = { 'Required.pattern': '/note7' };

  for (const driver of ['koa', 'express'] as const) {
    it(`passes for an app that does as its guards say on ${driver}, and runs no action`, async () => {
      const results = await run(options(notes()), { paths, driver });
      expect(failures(results)).to.deep.equal([]);
      expect(Object.keys(results)).to.have.length(7 * 6);
      expect(Object.keys(results)).to.include.members([
        'GET /notes/inherited/:id as an anonymous client',
        'POST /notes/all as bad credentials',
        'POST /notes/ as reader',
      ]);
      expect(ran).to.deep.equal([]);
    });

    it(`fails for each who gets in although the guard says no, on ${driver}`, async () => {
      const results = await run(
        options(notes(), { skip: ({ path }) => path === '/notes' || path === '/notes/' }),
        {
          paths,
          driver,
        },
      );
      expect(failures(results)).to.deep.equal([
        'an anonymous client',
        'bad credentials',
        'nobody',
        'reader',
        'former',
      ].map((who) => `POST /notes/ as ${who}: should be refused by any authenticated user and role editor ` +
        '(base class Base, Notes.add), and got in')); // prettier-ignore
    });
  }

  it('fails where another action answers than the one that is meant', async () => {
    @JsonController('/n')
    class Hiding {
      @Get('/:id') one() {}
      @Authorized('admin') @Get('/mine') mine() {}
    }
    const results = await run(options([Hiding]));
    expect(new Set(failures(results).map((message) => message.split(': ')[1]))).to.deep.equal(
      new Set(['was answered by Hiding.one, not Hiding.mine']),
    );
  });

  it('fails where a fault is answered in place of a refusal', async () => {
    const broken = provider('broken', () => {
      throw new Error('bug');
    });
    const messages = failures(await run(options(notes(), { providers: [broken] }), { paths }));
    expect(messages).to.include(
      'GET /notes/inherited/:id'.replace(':id', '1') +
        ' as an anonymous client: should be 401 by any authenticated user and permission note:read ' +
        '(base class Base, Base.inherited), and got 500',
    );
  });

  it('lets either pass where only the app can tell, and holds it to what is stated', async () => {
    @JsonController()
    class Policies {
      @Authorized((user: User) => user.username === 'reader') @Get('/policy') policy() {}
      @Authorized(anyOf('admin', (user: User) => user.username === 'reader')) @Get('/either') either() {}
    }
    const app = () => options([Policies]);
    expect(failures(await run(app))).to.deep.equal([]);
    const right = { 'GET /policy': { reader: true, admin: false } };
    expect(failures(await run(app, { expected: right }))).to.deep.equal([]);
    const wrong = { 'GET /policy': { reader: false, admin: true } };
    expect(failures(await run(app, { expected: wrong }))).to.deep.equal([
      'GET /policy as reader: should be refused by policy (anonymous function) (Policies.policy), and got in',
      'GET /policy as admin: should get in by policy (anonymous function) (Policies.policy), and got 403',
    ]);
  });

  it('leaves room for role loaders and authorization providers', async () => {
    class Loader {
      getRoles = () => ['reader'];
    }
    class Never {
      authorize = () => false;
    }
    expect(failures(await run(options(notes(), { roleLoaders: [Loader] }), { paths }))).to.deep.equal([]);
    reset();
    const refusing = options(notes(), { authorizationProviders: [Never] });
    expect(failures(await run(refusing, { paths }))).to.deep.equal([]);
  });

  it('comes to the root route, with and without prefixes', async () => {
    @JsonController()
    class Site {
      @Authorized('reader') @Get() index() {
        ran.push('index');
      }
    }
    @JsonController('/sub')
    class Sub {
      @Public() @Get() index() {
        ran.push('sub');
      }
    }
    const results = await run(options([Site, Sub]));
    expect(failures(results)).to.deep.equal([]);
    expect(Object.keys(results)).to.include.members(['GET / as reader', 'GET /sub as an anonymous client']);
    const expected = { 'GET /': { reader: false } };
    expect(failures(await run(options([Site, Sub]), { expected }))).to.have.length(1);
  });

  it('fails for a regular expression that looks like a word, without a path', async () => {
    @JsonController()
    class Words {
      @Public() @Get(/notes/) notes() {}
      @Public() @Get('things') things() {}
    }
    const messages = failures(await run(options([Words])));
    expect(new Set(messages)).to.deep.equal(
      new Set([
        'State a path for Words.notes in `paths`: its route is a regular expression',
        'State a path for Words.things in `paths`: its route does not begin with a slash',
      ]),
    );
  });

  it('fails for a regular expression without a path', async () => {
    const messages = failures(await run(options(notes())));
    expect(messages).to.have.length(6);
    expect(messages[0]).to.include('State a path for Required.pattern');
  });

  it('is refused in production, before anything is described', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => describeAuthorization({}, { users: {} })).to.throw(/production/);
    } finally {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    }
  });
});

describe('describeAuthorization of guards', () => {
  beforeEach(reset);

  function instance(security: SecurityOptions = {}, guards: Record<string, GuardRule | undefined> = GUARDS) {
    const made = createSecurity({
      logger: new MemoryLogger(),
      providers: [provider('p', () => null)],
      userstores: [Users],
      roleHierarchy: { admin: ['editor'] },
      permissions: { reader: ['note:read'] },
      ...security,
    });
    for (const [name, rule] of Object.entries(guards)) made.guard(rule, { name });
    return made;
  }
  const GUARDS: Record<string, GuardRule> = {
    'DELETE /notes/:id': 'admin',
    'GET /notes': ['editor', permission('note:read')],
    'The book of \u0100dam': 'editor',
  };

  for (const driver of ['koa', 'express', 'node'] as const) {
    it(`passes for guards that do as they say on ${driver}`, async () => {
      const results = await run(instance(), { driver });
      expect(failures(results)).to.deep.equal([]);
      expect(Object.keys(results)).to.have.length(3 * 6);
      expect(Object.keys(results)).to.include.members([
        'guard DELETE /notes/:id as an anonymous client',
        'guard GET /notes as reader',
        'guard The book of \u0100dam as former',
      ]);
    });

    it(`fails for each who gets in although a guard says no, on ${driver}`, async () => {
      const seen: string[] = [];
      const skip = ({ method, path }: SecurityRequest): boolean => {
        seen.push(`${method} ${path}`);
        return method === 'DELETE';
      };
      const results = await run(instance({ skip }), { driver, params: { id: 'a b' } });
      expect(failures(results)).to.deep.equal(
        ['an anonymous client', 'bad credentials', 'nobody', 'reader', 'former'].map(
          (who) =>
            `guard DELETE /notes/:id, DELETE /notes/a%20b, as ${who}: should be refused by role admin ` +
            '(guard DELETE /notes/:id), and got in',
        ),
      );
      expect(new Set(seen)).to.deep.equal(new Set(['DELETE /notes/a%20b', 'GET /notes', 'GET /']));
    });

    it(`fails for who is kept out although it is stated otherwise, on ${driver}`, async () => {
      const results = await run(instance(), { driver, expected: { 'GET /notes': { nobody: true } } });
      expect(failures(results)).to.deep.equal([
        'guard GET /notes, GET /notes, as nobody: should get in by any of (role editor, permission note:read) ' +
          '(guard GET /notes), and got 403',
      ]);
    });
  }

  it('asks for the path that is stated, and holds code of the app to what is stated', async () => {
    const policy = (user: User, { path }: SecurityRequest): boolean => path === `/of/${user.username}`;
    const matrix = { paths: { 'guard own': '/of/reader' } };
    const app = () => instance({}, { own: policy });
    expect(failures(await run(app, matrix))).to.deep.equal([]);
    const right = { own: { reader: true, admin: false } };
    expect(failures(await run(app, { ...matrix, expected: right }))).to.deep.equal([]);
    const wrong = { own: { reader: false, admin: true } };
    expect(failures(await run(app, { ...matrix, expected: wrong }))).to.have.length(2);
  });

  for (const driver of ['koa', 'express'] as const) {
    it(`tests those of secured options beside the routes on ${driver}`, async () => {
      @JsonController()
      class Notes {
        @Authorized('reader') @Get('/mine') mine() {}
      }
      const results = await run(() => instance().secure({ controllers: [Notes] }), { driver });
      expect(failures(results)).to.deep.equal([]);
      expect(Object.keys(results)).to.have.length(4 * 6);
    });
  }

  it('is refused for an instance without guards, and for actions on node:http', () => {
    const none = instance({}, {});
    expect(() => describeAuthorization(none, { users: USERS })).to.throw(ConfigurationError, /no guard/);
    const options = none.secure({ controllers: [] });
    expect(() => describeAuthorization(options, { users: USERS, driver: 'node' })).to.throw(
      ConfigurationError,
      /no actions/,
    );
  });
});

describe('samplePath', () => {
  for (const [route, expected] of [
    ['/notes', '/notes'],
    ['/notes/:id', '/notes/1'],
    ['/notes/:id(\\d+)/x', '/notes/1/x'],
    ['/notes/:id?', '/notes/1'],
    ['/:a/:b', '/a%2Fb/1'],
    ['/', '/'],
    ['/notes{/:id}', '/notes/1'],
    ['/notes/:id(\\d{2})', '/notes/1'],
    ['/files/(.*)', '/files/x'],
    ['/:constructor', '/1'],
    ['/files/*', '/files/x'],
    ['/files/*rest', '/files/x'],
    ['^\\/notes', undefined],
  ] as const) {
    it(`is ${String(expected)} for ${route}`, () => {
      expect(samplePath(route, { a: 'a/b' })).to.equal(expected);
    });
  }
});
