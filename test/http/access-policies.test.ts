import { expect } from 'chai';
import { type Action, Authorized, Get, JsonController } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  AccessDeniedError,
  allOf,
  anyOf,
  type RoleChecker,
  type SecurityRequest,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { SecuredServer, USERS } from '../support/secured-server';

const NO_GRANT: [string, unknown][] = [
  ["'false'", 'false'],
  ["'true'", 'true'],
  ['1', 1],
  ['{ ok: false }', { ok: false }],
  ['{ ok: true }', { ok: true }],
  ['new Boolean(true)', Object(true)],
  ['[]', []],
  ['undefined', undefined],
  ['null', null],
  ['false', false],
  ['a function', () => true],
];

const FAILURES: [string, () => unknown, number, string][] = [
  ['throws', () => thrown(new Error('db password is hunter2')), 500, 'security_error'],
  ['rejects', () => Promise.reject(new Error('hunter2')), 500, 'security_error'],
  ['throws undefined', () => thrown(undefined), 500, 'security_error'],
  ['rejects with undefined', () => Promise.reject(undefined), 500, 'security_error'],
  ['throws a string', () => thrown('hunter2'), 500, 'security_error'],
  ['hangs', hang, 503, 'authentication_unavailable'],
  [
    'throws ServiceUnavailableError',
    () => thrown(new ServiceUnavailableError()),
    503,
    'authentication_unavailable',
  ],
  ['throws AccessDeniedError', () => thrown(new AccessDeniedError()), 403, 'access_denied'],
];

function thrown(what: unknown): never {
  throw what;
}

for (const driver of DRIVERS) {
  describe(`Policies on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    it('as classes are resolved from the container and called with action, user and request', async () => {
      const calls: [Action, User, SecurityRequest][] = [];
      @Service()
      class Names {
        readonly allowed = 'editor';
      }
      @Service()
      class IsAllowed implements RoleChecker {
        constructor(private readonly names: Names) {}
        check(action: Action, user: User, request: SecurityRequest): boolean {
          calls.push([action, user, request]);
          return user.username === this.names.allowed;
        }
      }
      @JsonController('/x')
      class Controller {
        @Authorized(IsAllowed) @Get('/:id') get() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Controller] });
      expect(await app.admitted('/x/1?q=2')).to.deep.equal(['editor']);
      expect(calls.map(([, user]) => user.username)).to.deep.equal(USERS);
      const [action, , request] = calls[0]!;
      expect([request.method, request.path, request.route]).to.deep.equal(['GET', '/x/1', '/x/:id']);
      expect(request.header('X-User')).to.equal('user');
      expect(request.action).to.equal(action);
      expect(action.request).to.be.an('object');
    });

    it('as classes that nobody registered are created too, once', async () => {
      let created = 0;
      class Unregistered implements RoleChecker {
        constructor() {
          created += 1;
        }
        check(): boolean {
          return true;
        }
      }
      @JsonController('/x')
      class Controller {
        @Authorized(Unregistered) @Get('/') list() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Controller] });
      expect(await app.admitted('/x')).to.deep.equal(USERS);
      expect(created).to.equal(1);
    });

    it('as classes can be replaced in the container', async () => {
      class Never implements RoleChecker {
        check(): boolean {
          return false;
        }
      }
      @JsonController('/x')
      class Controller {
        @Authorized(Never) @Get('/') list() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Controller] });
      expect(await app.admitted('/x')).to.deep.equal([]);
      Container.set(Never, { check: () => true });
      expect(await app.admitted('/x')).to.deep.equal(USERS);
    });

    it('as functions get user and request, alone or within allOf, anyOf and arrays', async () => {
      const isEditor = (user: User, request: SecurityRequest) =>
        request.header('x-user') === user.username && user.username === 'editor';
      const isStaff = async (user: User) => Promise.resolve(user.roles?.includes('staff') === true);
      @JsonController('/x')
      class Controller {
        @Authorized(isEditor) @Get('/alone') alone() {
          return {};
        }
        @Authorized(anyOf(isEditor, isStaff)) @Get('/any') any() {
          return {};
        }
        @Authorized(allOf('editor', isStaff)) @Get('/all') all() {
          return {};
        }
        @Authorized([isEditor, 'staff']) @Get('/array') array() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Controller] });
      expect(await app.admitted('/x/alone')).to.deep.equal(['editor']);
      expect(await app.admitted('/x/any')).to.deep.equal(['staff', 'editor', 'both']);
      expect(await app.admitted('/x/all')).to.deep.equal(['both']);
      expect(await app.admitted('/x/array')).to.deep.equal(['staff', 'editor', 'both']);
    });

    it('are not asked about an anonymous request', async () => {
      let asked = 0;
      const count = () => {
        asked += 1;
        return true;
      };
      @JsonController('/x')
      class Controller {
        @Authorized(count) @Get('/') list() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Controller] });
      expect(await app.status('/x')).to.equal(401);
      expect(asked).to.equal(0);
    });

    for (const [name, value] of NO_GRANT) {
      it(`do not grant by ${name}, now or later, as class or function`, async () => {
        class Now {
          check() {
            return value;
          }
        }
        class Later {
          check() {
            return Promise.resolve(value);
          }
        }
        const policies = [Now, Later, () => value, () => Promise.resolve(value)] as (() => boolean)[];
        const [one, two, three, four] = policies as [
          () => boolean,
          () => boolean,
          () => boolean,
          () => boolean,
        ];
        @JsonController('/x')
        class Controller {
          @Authorized(one) @Get('/0') now() {
            return {};
          }
          @Authorized(two) @Get('/1') later() {
            return {};
          }
          @Authorized(three) @Get('/2') functionNow() {
            return {};
          }
          @Authorized(anyOf(four, four)) @Get('/3') functionLater() {
            return {};
          }
        }

        await using app = await SecuredServer.start(driver, { controllers: [Controller] });
        for (const index of policies.keys()) {
          expect(await app.status(`/x/${index}`, 'both')).to.equal(403);
        }
      });
    }

    for (const [how, fail, status, code] of FAILURES) {
      it(`answer ${status} when one ${how}, and run nothing`, async () => {
        let runs = 0;
        class Failing {
          check() {
            return fail();
          }
        }
        @JsonController('/x')
        class Controller {
          @Authorized(Failing as unknown as string) @Get('/class') byClass() {
            runs += 1;
          }
          @Authorized(anyOf(fail as () => boolean, () => true)) @Get('/function') byFunction() {
            runs += 1;
          }
        }

        await using app = await SecuredServer.start(driver, {
          controllers: [Controller],
          security: { deadlineMs: DEADLINE_MS },
        });
        for (const path of ['/x/class', '/x/function']) {
          const reply = await app.server.raw(path, { headers: { 'x-user': 'both' } });
          expect(reply.status).to.equal(status);
          expect(JSON.parse(reply.text)).to.include({ code }).and.to.have.all.keys('name', 'code', 'message');
          expect(reply.text).not.to.contain('hunter2');
          expect(reply.response.headers['retry-after']).to.equal(status === 503 ? '5' : undefined);
          expect(reply.response.headers['www-authenticate']).to.equal(undefined);
        }
        expect(runs).to.equal(0);
      });
    }
  });
}
