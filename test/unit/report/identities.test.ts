import { expect } from 'chai';
import { Authorized, Get, JsonController, Param } from 'routing-controllers';
import {
  ConfigurationError,
  createSecurity,
  MemoryUserstore,
  Public,
  type SecurityOptions,
  securityReport,
} from '../../../src';
import { MemoryLogger, reset } from '../../support/reset';
import { provider, store } from '../../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'ann', roles: ['admin'] },
        { username: 'bob', groups: ['staff'] },
        { username: 'eve', roles: ['admin'], active: false },
      ],
      groups: [{ name: 'staff', roles: ['editor'] }],
    });
  }
}

function options(security: SecurityOptions = {}) {
  const isOwner = () => true;
  @JsonController('/notes')
  class Notes {
    @Public() @Get('/open') open() {}
    @Authorized() @Get('/') list() {}
    @Authorized('editor') @Get('/edit') edit() {}
    @Authorized(['admin', isOwner] as never) @Get('/:id') one(@Param('id') _id: string) {}
  }
  return createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('p', () => null)],
    userstores: [Users],
    roleHierarchy: { admin: ['editor'], root: ['reader'] },
    ...security,
  }).secure({ controllers: [Notes] });
}

describe('The identities of a report', () => {
  beforeEach(reset);

  it('are a client without login, any login, each role of options, guards and stores, and the users asked for', async () => {
    const { identities } = await securityReport(options(), { users: ['bob'] });
    expect(identities).to.deep.equal([
      ...['anonymous', 'any login', 'role admin', 'role editor', 'role reader', 'role root', 'user bob'],
    ]);
  });

  it('may call what the guards let them, a user with the roles of groups and none that is inactive', async () => {
    const { routes } = await securityReport(options(), { users: ['ann', 'bob', 'eve'] });
    const may = Object.fromEntries(routes.map((route) => [route.path, route.may]));
    const of = (identity: string) => Object.values(may).map((answers) => answers[identity]);
    expect(of('anonymous')).to.deep.equal(['yes', 'no', 'no', 'no']);
    expect(of('any login')).to.deep.equal(['yes', 'yes', 'no', 'depends']);
    expect(of('role admin')).to.deep.equal(['yes', 'yes', 'yes', 'yes']);
    expect(of('role reader')).to.deep.equal(['yes', 'yes', 'no', 'depends']);
    expect(of('user ann')).to.deep.equal(of('role admin'));
    expect(of('user bob')).to.deep.equal(['yes', 'yes', 'yes', 'depends']);
    expect(of('user eve')).to.deep.equal(of('anonymous'));
    for (const route of routes) {
      const unsure = Object.keys(route.may).filter((identity) => route.may[identity] !== 'yes');
      expect(Object.keys(route.why)).to.deep.equal(unsure);
    }
    expect(routes.map(({ controller, summary }) => [controller, summary])).to.deep.equal([
      ['Notes', 'open'],
      ['Notes', 'any login'],
      ['Notes', 'editor'],
      ['Notes', 'admin or policy isOwner'],
    ]);
  });

  it('are no guess: an unknown user and a store that fails are errors', async () => {
    const failed = async (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await failed(securityReport(options(), { users: ['zoe'] }))).to.be.instanceOf(ConfigurationError);
    const down = new Error('down');
    const broken = store(() => {
      throw down;
    });
    const error = await failed(securityReport(options({ userstores: [broken] }), { users: ['ann'] }));
    expect(error).to.equal(down);
  });

  it('include a guard outside of actions', async () => {
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers: [provider('p', () => null)],
      userstores: [Users],
    });
    security.guard('auditor', { name: 'files' });
    const { routes } = await securityReport(security.secure({ controllers: [] }));
    expect(routes).to.have.length(1);
    expect(routes[0]).to.include({ method: '*', path: 'files', controller: '', summary: 'auditor' });
    expect(routes[0]?.may).to.include({ anonymous: 'no', 'any login': 'no', 'role auditor': 'yes' });
  });
});
