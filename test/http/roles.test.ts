import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  allOf,
  anyOf,
  type Constructor,
  permission,
  RoleLoader,
  type RoleLoaderInterface,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { type Driver, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';

/** A user whose own roles the header names. */
const byRoles = provider(
  'p',
  (request) => {
    const roles = request.header('x-roles');
    return roles === undefined ? null : { username: 'ann', roles: roles.split(',').filter(Boolean) };
  },
  { credential: 'x-roles' },
);

type GetRoles = (user: User, request: SecurityRequest) => unknown;

function loader(name: string, getRoles: GetRoles): Constructor<RoleLoaderInterface> {
  return class {
    readonly name = name;
    getRoles(user: User, request: SecurityRequest): string[] {
      return getRoles(user, request) as string[];
    }
  };
}

function start(driver: Driver, security: SecurityOptions) {
  @JsonController()
  class Roles {
    @Authorized() @Get('/any') any() {
      return {};
    }
    @Authorized('reader') @Get('/reader') reader() {
      return {};
    }
    @Authorized(allOf('reader', 'editor')) @Get('/both') both() {
      return {};
    }
  }
  return startApi(driver, {
    host: { controllers: [Roles] },
    security: { providers: [byRoles], deadlineMs: DEADLINE_MS, ...security },
  });
}

for (const driver of DRIVERS) {
  describe(`The role hierarchy on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    it('gives roles all that they imply, and nothing upwards', async () => {
      const roleHierarchy = { admin: ['editor'], editor: ['reader'] };
      await using api = await start(driver, { roleHierarchy });
      const statuses = async (roles: string) => [
        (await api.get('/reader', { 'x-roles': roles })).status,
        (await api.get('/both', { 'x-roles': roles })).status,
      ];
      expect(await statuses('admin')).to.deep.equal([200, 200]);
      expect(await statuses('editor')).to.deep.equal([200, 200]);
      expect(await statuses('reader')).to.deep.equal([200, 403]);
      expect(await statuses('')).to.deep.equal([403, 403]);
      expect(await statuses('constructor,__proto__')).to.deep.equal([403, 403]);
    });

    it('refuses guards that name a role which the app does not list', async () => {
      const outcome = await start(driver, { roles: ['admin', 'reader'] }).catch(
        (error: unknown) => (error as Error).message,
      );
      expect(outcome).to.match(
        /@Authorized on Roles\.both: "editor" is not in the option roles \(admin; reader\)/,
      );
    });
  });

  describe(`Permissions on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    function controllers() {
      @JsonController()
      class Invoices {
        @Authorized(permission('invoice:read')) @Get('/read') read() {
          return {};
        }
        @Authorized(anyOf(permission('invoice:write'), 'boss')) @Get('/write') write() {
          return {};
        }
      }
      return { controllers: [Invoices] };
    }

    it('hold for the roles that grant them, implied ones too', async () => {
      await using api = await startApi(driver, {
        host: controllers(),
        security: {
          providers: [byRoles],
          roleHierarchy: { admin: ['clerk'] },
          permissions: { clerk: ['invoice:read'], admin: ['invoice:write'] },
        },
      });
      const statuses = async (roles: string) => [
        (await api.get('/read', { 'x-roles': roles })).status,
        (await api.get('/write', { 'x-roles': roles })).status,
      ];
      expect(await statuses('clerk')).to.deep.equal([200, 403]);
      expect(await statuses('admin')).to.deep.equal([200, 200]);
      expect(await statuses('boss')).to.deep.equal([403, 200]);
      expect(await statuses('invoice:read')).to.deep.equal([403, 403]);
      expect((await api.get('/read')).status).to.equal(401);
    });

    it('that no role grants stop the app at start', async () => {
      const permissions = { clerk: ['invoice:read'] };
      const outcome = await startApi(driver, {
        host: controllers(),
        security: { providers: [byRoles], permissions },
      }).catch((error: unknown) => (error as Error).message);
      expect(outcome).to.match(/Invoices\.write: no role grants the permission invoice:write/);
    });
  });

  describe(`Role loaders on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    it('add roles, in parallel, once a request, and only when a guard asks for a role', async () => {
      const asked: string[] = [];
      let waiting = 0;
      let release = (): void => undefined;
      const together = new Promise<void>((resolve) => (release = resolve));
      const tell = (name: string, role: string) =>
        loader(name, async (user, request) => {
          asked.push(`${name} ${user.username} ${request.path}`);
          if ((waiting += 1) === 2) release();
          await together;
          return new Set([role]);
        });
      await using api = await start(driver, { roleLoaders: [tell('a', 'reader'), tell('b', 'editor')] });
      expect((await api.get('/both', { 'x-roles': '' })).status).to.equal(200);
      expect(asked.toSorted()).to.deep.equal(['a ann /both', 'b ann /both']);
      expect((await api.get('/any', { 'x-roles': '' })).status).to.equal(200);
      expect(asked).to.have.length(2);
    });

    it('are subject to the hierarchy', async () => {
      const roleLoaders = [loader('a', () => ['admin'])];
      await using api = await start(driver, { roleLoaders, roleHierarchy: { admin: ['reader'] } });
      expect((await api.get('/reader', { 'x-roles': '' })).status).to.equal(200);
    });

    for (const [name, fault] of Object.entries<GetRoles>({
      'one that is down': () => {
        throw new ServiceUnavailableError();
      },
      'one that throws': () => {
        throw new Error('canary');
      },
      'one that rejects with undefined': () => Promise.reject(undefined),
      'one that never settles': hang,
    })) {
      it(`answer 503 for ${name}, although the user has the role`, async () => {
        await using api = await start(driver, {
          roleLoaders: [loader('fine', () => []), loader('bad', fault)],
        });
        const reply = await api.get('/reader', { 'x-roles': 'reader' });
        expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      });
    }

    for (const [name, leftover] of Object.entries({
      'a text, which is a list of letters': 'reader',
      nothing: undefined,
      'a number': 7,
      'a list of numbers': [7],
      'an empty name': [''],
      'an object': { reader: true },
    })) {
      it(`answer 500 for ${name}`, async () => {
        await using api = await start(driver, { roleLoaders: [loader('odd', () => leftover)] });
        expect((await api.get('/reader', { 'x-roles': 'reader' })).status).to.equal(500);
      });
    }

    it('are found by their decorator', async () => {
      RoleLoader()(loader('decorated', () => ['reader']));
      await using api = await start(driver, {});
      expect((await api.get('/reader', { 'x-roles': '' })).status).to.equal(200);
      expect(api.logger.lines.join()).to.include('role loader decorated');
    });
  });
}
