import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Param } from 'routing-controllers';
import { Audit } from '../../../src/audit/audit';
import { Public } from '../../../src/decorators/public';
import { ConfigurationError } from '../../../src/errors';
import { resolveOptions, type SecurityOptions } from '../../../src/options';
import type { Components } from '../../../src/components/components';
import { announceServer, compileServer } from '../../../src/host/startup';
import { MemoryLogger, reset } from '../../support/reset';
import { actionsOf } from '../access/actions';

const provider = { name: 'Password', get: () => ({ authenticate: () => null }) };
const FOUND: Components = {
  userstores: [{ name: 'Users', get: () => ({ getUser: () => null }) }],
  providers: [provider, { ...provider, name: 'Token' }],
  authorizationProviders: [],
  roleLoaders: [],
};

function prepare(
  controller: new () => object,
  options: SecurityOptions = {},
  components = FOUND,
  hasAuthorizationChecker = true,
) {
  const logger = new MemoryLogger();
  const compiled = compileServer(
    actionsOf({ controllers: [controller] }),
    { routePrefix: '/api', hasAuthorizationChecker, isStubbed: false },
    components,
    resolveOptions(options),
    [],
  );
  announceServer(compiled, components, resolveOptions(options), new Audit(undefined, logger, Date.now), []);
  return { compiled, lines: logger.lines };
}

describe('compileServer and announceServer', () => {
  beforeEach(reset);

  function notes() {
    @JsonController('/notes')
    class Notes {
      @Public()
      @Get('/health')
      health() {}
      @Get('/open')
      open() {}
      @Authorized()
      @Get('/')
      list() {}
    }
    return Notes;
  }

  it('says what it found, counts the routes, and names each that is open by default', () => {
    const { compiled, lines } = prepare(notes());
    expect(compiled.map(({ access }) => access.route)).to.deep.equal([
      '/api/notes/health',
      '/api/notes/open',
      '/api/notes/',
    ]);
    expect(lines).to.have.length(5);
    expect(lines.slice(0, 4)).to.deep.equal([
      'info securest: userstore Users',
      'info securest: provider 1 Password',
      'info securest: provider 2 Token',
      'info securest: 1 guarded route, 1 opened by @Public(), 1 open by default',
    ]);
    expect(lines[4]).to.match(
      /^warn securest: 1 route is open to anyone: GET \/api\/notes\/open \(Notes\.open\)\. Guard/,
    );
  });

  it('names some of many open routes, and how many more there are', () => {
    class Many {
      act() {}
    }
    for (let at = 0; at < 13; at += 1) Get(`/${String(at)}`)(Many.prototype, 'act');
    JsonController()(Many);
    const warnings = prepare(Many).lines.filter((line) => line.startsWith('warn'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/13 routes are open to anyone: .*; and 3 more\. .* --only open lists them$/);
    expect(warnings[0]?.match(/Many\.act/g)).to.have.length(10);
  });

  it("guards what says nothing with default: 'authenticated'", () => {
    const { lines } = prepare(notes(), { default: 'authenticated' });
    expect(lines).to.have.length(4);
    expect(lines[3]).to.contain('2 guarded routes, 1 opened by @Public(), 0 open by default');
  });

  it('warns of a skip hook, of hidden guards and of what inheritance loses', () => {
    class Base {
      @Authorized()
      @Get('/mine')
      mine(@Param('x') _x: string) {}
    }
    @JsonController()
    class Notes extends Base {
      @Public()
      @Get('/:id')
      one() {}
    }
    const warnings = prepare(Notes, { skip: () => false }).lines.filter((line) => line.startsWith('warn'));
    expect(warnings.join('\n')).to.match(/Notes\.mine is inherited and loses parameter 1 \(@param\) of Base/);
    expect(warnings.join('\n')).to.match(/a skip hook is set/);
  });

  it('warns of a guarded route that an open one hides', () => {
    @JsonController()
    class Notes {
      @Public()
      @Get('/:id')
      one() {}
      @Authorized()
      @Get('/mine')
      mine() {}
    }
    expect(prepare(Notes).lines.at(-1)).to.match(
      /^warn securest: GET \/api\/mine \(Notes\.mine\) is guarded, but/,
    );
  });

  it('warns of roles that a method names and its class keeps out, by the hierarchy of the app', () => {
    @Authorized('staff')
    @JsonController('/notes')
    class Notes {
      @Authorized('editor')
      @Get('/drafts')
      drafts() {}
      @Authorized(['admin', 'staff'])
      @Get('/')
      list() {}
    }
    const warnings = (options: SecurityOptions) =>
      prepare(Notes, options).lines.filter((line) => line.startsWith('warn'));
    expect(warnings({ roleHierarchy: { admin: ['staff'] } })).to.deep.equal([
      'warn securest: GET /api/notes/drafts (Notes.drafts) needs more than role editor: the guard on ' +
        'class Notes (role staff) must hold too. Without securest either of the two was enough. Where both are ' +
        'meant, say so on the method: allOf() with both',
    ]);
    expect(warnings({ roleHierarchy: { admin: ['staff'], editor: ['staff'] } })).to.deep.equal([]);
    expect(warnings({}).join()).to.match(/Notes\.drafts.*Notes\.list\) needs more than role admin:/);
  });

  it('counts an action whose parameter requires a user as guarded, also under @Public()', () => {
    @JsonController()
    class Notes {
      @Get('/a')
      a(@CurrentUser({ required: true }) _user: object) {}
      @Public()
      @Get('/b')
      b(@CurrentUser({ required: true }) _user: object) {}
    }
    const { lines } = prepare(Notes);
    expect(lines.at(-1)).to.equal(
      'info securest: 2 guarded routes, 0 opened by @Public(), 0 open by default',
    );
    expect(() => prepare(Notes, {}, FOUND, false)).to.throw(ConfigurationError, 'Notes.a is guarded');
  });

  it('refuses to start where something is guarded and nobody can authenticate', () => {
    const nobody: Components = { ...FOUND, userstores: [], providers: [] };
    expect(() => prepare(notes(), {}, nobody)).to.throw(
      ConfigurationError,
      'Notes.list is guarded but nothing',
    );
    @JsonController()
    class Required {
      @Public()
      @Get('/required')
      act(@CurrentUser({ required: true }) _user: object) {}
    }
    expect(() => prepare(Required, {}, nobody)).to.throw(ConfigurationError, 'Required.act');
    class Open {
      @Public()
      @Get('/open')
      act() {}
    }
    JsonController()(Open);
    expect(() => prepare(Open, {}, nobody)).to.not.throw();
  });

  it('refuses a guarded app that sets only currentUserChecker', () => {
    expect(() => prepare(notes(), {}, FOUND, false)).to.throw(
      ConfigurationError,
      'only currentUserChecker is set',
    );
  });

  it('names all malformed guards at once, each guard of a class once', () => {
    enum Level {
      Reader,
      Admin,
    }
    @Authorized(Level.Admin)
    @JsonController('/notes')
    class Notes {
      @Authorized('editor')
      @Get('/a')
      a() {}
      @Get('/b')
      b() {}
    }
    @JsonController('/more')
    class More {
      @Authorized([Level.Reader])
      @Get('/')
      list() {}
      @Authorized(null as never)
      @Get('/null')
      none() {}
    }
    const controllers = actionsOf({ controllers: [Notes, More] });
    const server = { routePrefix: '', hasAuthorizationChecker: true, isStubbed: false };
    const start = () => compileServer(controllers, server, FOUND, resolveOptions({}), []);
    const cure = "(the member of a numeric enum? Give it a text: enum Role { Admin = 'admin' })";
    const rest = 'is not a role; use a non-empty string, a policy class or function, allOf() or anyOf()';
    expect(start).to.throw(
      ConfigurationError,
      `@Authorized on class Notes: number 1 ${cure} ${rest}; ` +
        `@Authorized on More.list: number 0 ${cure} ${rest}; @Authorized on More.none: null ${rest}`,
    );
  });

  it('refuses malformed guards before it says anything', () => {
    @Public()
    @Authorized()
    @JsonController()
    class Both {
      @Get('/')
      act() {}
    }
    expect(() => prepare(Both)).to.throw(ConfigurationError, 'class Both has both @Public() and @Authorized');
  });
});
