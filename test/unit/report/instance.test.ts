import { expect } from 'chai';
import { Get, JsonController } from 'routing-controllers';
import {
  ConfigurationError,
  createSecurity,
  explain,
  type ExplainRequest,
  MemoryUserstore,
  Public,
  reportHtml,
  reportSvg,
  reportTable,
  type Security,
  type SecurityOptions,
  securityReport,
} from '../../../src';
import { compareWithLockFile, toLockFile } from '../../../src/report/lock-file';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'ann', groups: ['editors'] },
        { username: 'old', roles: ['editor'], active: false },
      ],
      groups: [{ name: 'editors', roles: ['editor'] }],
    });
  }
}

function instance(options: SecurityOptions = {}, admin = 'admin'): Security {
  const security = createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('Password', () => null)],
    userstores: [Users],
    ...options,
  });
  security.guard('editor', { name: 'GET /notes/:id' });
  security.guard(admin, { name: 'DELETE /notes/:id' });
  security.guard();
  return security;
}

describe('The report on an instance', () => {
  beforeEach(reset);

  it('has its guards and nothing else, by method * and name, although controllers are loaded', async () => {
    @JsonController()
    class Loaded {
      @Public() @Get('/loaded') loaded() {}
    }
    const other = instance();
    other.secure({ controllers: [Loaded] });
    const report = await securityReport(instance(), { users: ['ann', 'old'] });
    expect(report.identities).to.deep.equal([
      'anonymous',
      'any login',
      'role admin',
      'role editor',
      'user ann',
      'user old',
    ]);
    expect(
      report.routes.map(({ method, path, access, may }) => [method, path, access, Object.values(may)]),
    ).to.deep.equal([
      ['*', 'GET /notes/:id', 'role editor', ['no', 'no', 'no', 'yes', 'yes', 'no']],
      ['*', 'DELETE /notes/:id', 'role admin', ['no', 'no', 'yes', 'no', 'no', 'no']],
      ['*', 'any authenticated user', 'any authenticated user', ['no', 'yes', 'yes', 'yes', 'yes', 'no']],
    ]);
    for (const text of [reportTable(report), reportHtml(report), reportSvg(report)]) {
      expect(text).to.contain('DELETE /notes/:id');
    }
  });

  it('is refused where the instance secures controllers, which it would leave out', async () => {
    const security = instance();
    security.secure({ controllers: [] });
    const failure: unknown = await securityReport(security).catch((thrown: unknown) => thrown);
    expect(failure).to.be.instanceOf(ConfigurationError);
    expect((failure as Error).message).to.contain('hand over the options');
  });

  it('warns of a role that nobody can have, also of guards beside routes', async () => {
    for (const app of [instance(), instance().secure({ controllers: [] })]) {
      const { warnings } = await securityReport(app);
      expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([
        ['unobtainable_role', 'guard DELETE /notes/:id'],
      ]);
    }
    reset();
    const { warnings } = await securityReport(instance({ roleHierarchy: { editor: ['admin'] } }));
    expect(warnings).to.deep.equal([]);
  });

  it('is refused where nothing can authenticate, as the app is when it starts', async () => {
    const failure: unknown = await securityReport(instance({ providers: [] })).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).to.be.instanceOf(ConfigurationError);
    expect((failure as Error).message).to.contain('guard GET /notes/:id is guarded');
  });

  it('has a lock file, in which a guard that asks for something else is a change', async () => {
    const lock = toLockFile(await securityReport(instance()));
    expect(lock).to.contain('"method":"*","path":"GET /notes/:id","action":"guard GET /notes/:id"');
    reset();
    expect(compareWithLockFile(await securityReport(instance()), lock)).to.deep.equal([]);
    reset();
    expect(compareWithLockFile(await securityReport(instance({}, 'owner')), lock)).to.deep.equal([
      '~ DELETE /notes/:id * (guard DELETE /notes/:id): role admin -> role owner',
    ]);
  });
});

describe('The explanation of a guard', () => {
  beforeEach(reset);
  const ask = (path: string, as: ExplainRequest['as'] = 'anonymous', options: SecurityOptions = {}) =>
    explain(instance(options), { method: '*', path, as });

  it('says who passes, and what refuses', async () => {
    expect(await ask('GET /notes/:id', { roles: ['editor'] })).to.deep.equal({
      route: { method: '*', path: 'GET /notes/:id', action: 'guard GET /notes/:id' },
      later: [],
      levels: [{ rule: 'role editor', source: 'guard GET /notes/:id', holds: 'yes' }],
      outcomes: [],
      refusedBy: undefined,
      verdict: 'allowed',
      status: undefined,
      code: undefined,
      skip: undefined,
    });
    reset();
    expect(await ask('DELETE /notes/:id', { user: 'ann' })).to.include({
      verdict: 'refused',
      refusedBy: 'role admin (guard DELETE /notes/:id)',
      status: 403,
      code: 'access_denied',
    });
    reset();
    expect(await ask('GET /notes/:id')).to.include({ verdict: 'refused', status: 401 });
    reset();
    expect(await ask('GET /notes/:id', { user: 'old' })).to.include({ verdict: 'refused', status: 401 });
    reset();
    const skip = (): boolean => true;
    expect(await ask('GET /notes/:id', 'anonymous', { skip })).to.include({ verdict: 'depends' });
  });

  it('works for the guards of secured options too', async () => {
    const options = instance().secure({ controllers: [] });
    const told = await explain(options, { method: '*', path: 'any authenticated user', as: { roles: [] } });
    expect(told.verdict).to.equal('allowed');
  });

  it('is given for a request without an action, but not of guards that are named after another route', async () => {
    const security = instance();
    const named = async (method: string, path: string) => {
      const { levels, route, verdict } = await explain(security, { method, path, driver: 'koa' });
      expect([route, verdict]).to.deep.equal([undefined, 'depends']);
      return levels.map(({ source }) => source.replace(/^guard /, ''));
    };
    const unnamed = 'any authenticated user';
    for (const [method, path, ...expected] of [
      ['GET', '/notes/7', 'GET /notes/:id'],
      ['HEAD', '/notes/7?x=/notes', 'GET /notes/:id'],
      ['GET', '/api/v1/notes/7', 'GET /notes/:id'],
      ['DELETE', '/notes/7', 'DELETE /notes/:id'],
      ['PUT', '/notes/7'],
      ['GET', '/notes'],
      ['GET', '/notes/'],
      ['GET', '/notes/7/tags'],
      ['GET', '/tags/7'],
    ] as const) {
      expect(await named(method, path), `${method} ${path}`).to.deep.equal([...expected, unnamed]);
    }
  });

  it('refuses a name that no guard has, and a run', async () => {
    const security = instance();
    for (const [given, part] of [
      [{ path: 'GET /nothing' }, 'GET /nothing'],
      [{ path: '' }, 'path'],
      [{ path: 'GET /notes/:id', run: true }, 'run'],
    ] as const) {
      const error: unknown = await explain(security, { method: '*', ...given }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(ConfigurationError);
      expect((error as Error).message).to.contain(part);
    }
  });
});
