import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { createSecurity, PathPermissions, Public, securityReport } from '../../../src';
import { toLockFile } from '../../../src/report/lock-file';
import { byHeader, PermissionFile } from '../../support/permission-file';
import { MemoryLogger, reset } from '../../support/reset';

describe('Path rules of the root route in the security report', () => {
  beforeEach(reset);

  for (const [what, mountPath, rules, access] of [
    ['its own', undefined, '/: GET\n    /admin: GET', 'path rules (allow reader /)'],
    ['where the app is mounted', '/api', '/api: GET\n    /admin: GET', 'path rules (allow reader /api)'],
  ] as const) {
    it(`are ${what}, and idle ones are named`, async () => {
      using file = new PermissionFile(`reader:\n  allow:\n    ${rules}\n    /nowhere: GET\n`);
      class Paths extends PathPermissions {
        constructor() {
          super({ path: file.path, ...(mountPath === undefined ? {} : { mountPath }) });
        }
      }
      @JsonController()
      class Site {
        @Authorized() @Get() index() {}
      }
      const security = createSecurity({
        logger: new MemoryLogger(),
        providers: [byHeader],
        authorizationProviders: [Paths],
      });
      const { routes, warnings } = await securityReport(security.secure({ controllers: [Site] }));
      expect(routes.map((one) => [one.path, one.levels.at(-1)?.rule])).to.deep.equal([['/', access]]);
      expect(
        warnings.map(({ message }) => message.replace(/^.* (\/\w+)\) matches/, '$1 matches')),
      ).to.deep.equal(['/admin matches no route', '/nowhere matches no route']);
      await security.close();
    });
  }
});

describe('Path rules in the security report', () => {
  let file: PermissionFile;

  beforeEach(() => {
    reset();
    file = new PermissionFile("reader:\n  allow:\n    /a: GET\n    /open: GET\n  deny:\n    '/a/*': POST\n");
  });
  afterEach(() => {
    file[Symbol.dispose]();
  });

  it('are a level of each guarded route, in the lock file, and warned of where they are idle', async () => {
    @JsonController()
    class Things {
      @Authorized('staff') @Get('/a') a() {
        return {};
      }
      @Authorized() @Get('/b') b() {
        return {};
      }
      @Public() @Get('/open') open() {
        return {};
      }
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers: [byHeader],
      authorizationProviders: [file.provider()],
    });
    const report = await securityReport(security.secure({ controllers: [Things] }));
    expect(report.routes.map(({ path, access }) => [path, access])).to.deep.equal([
      ['/a', 'role staff and path rules (allow reader /a)'],
      ['/b', 'any authenticated user and path rules (none)'],
      ['/open', 'anyone (@Public() on Things.open)'],
    ]);
    expect(report.routes[0]?.levels.at(-1)).to.deep.equal({
      rule: 'path rules (allow reader /a)',
      source: 'Paths',
    });
    expect(toLockFile(report)).to.contain('role staff and path rules (allow reader /a)');
    expect(report.warnings.map(({ code, action, message }) => [code, action, message])).to.deep.equal([
      [
        'rule_without_route',
        'Paths',
        `Paths: ${file.path}:4 (allow reader /open) matches only open routes, which no rule is asked for`,
      ],
      ['rule_without_route', 'Paths', `Paths: ${file.path}:6 (deny reader /a/*) matches no route`],
    ]);
    await security.close();
  });
});
