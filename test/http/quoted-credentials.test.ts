/** The app's own code may quote the credentials of a request in what it throws or says: no line and no event has them. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import type { SecurityOptions, SecurityRequest, User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

const KEY = 'canary-key-1234';

/** Credentials in a header that is neither Authorization nor Cookie. */
const byKey = provider(
  'Key',
  (request) => (request.header('x-api-key') === KEY ? { username: 'ann' } : null),
  { credential: 'x-api-key', challenge: { scheme: 'Key' } },
);

const quoted = (request: SecurityRequest) => `quoting ${request.header('x-api-key') ?? 'nothing'}`;
const fail = (request: SecurityRequest): never => {
  throw new Error(quoted(request));
};

class Failing {
  authorize(request: SecurityRequest): boolean {
    return fail(request);
  }
}
class Refusing {
  authorize(request: SecurityRequest) {
    return { granted: false, reason: quoted(request) };
  }
}
class Roles {
  getRoles(_user: unknown, request: SecurityRequest): string[] {
    return fail(request);
  }
}

function controller() {
  @JsonController()
  class Things {
    @Authorized() @Get('/login') login() {
      return {};
    }
    @Authorized('editor') @Get('/role') role() {
      return {};
    }
    @Authorized((_user: User, request: SecurityRequest) => fail(request)) @Get('/policy') policy() {
      return {};
    }
  }
  return Things;
}

const QUOTING: readonly [what: string, path: string, status: number, security: SecurityOptions][] = [
  ['an authorization provider that fails', '/login', 500, { authorizationProviders: [Failing] }],
  ['the reason of an authorization provider', '/login', 403, { authorizationProviders: [Refusing] }],
  ['a role loader that fails', '/role', 503, { roleLoaders: [Roles] }],
  ['a policy that fails', '/policy', 500, {}],
  ['the skip hook', '/login', 200, { skip: fail }],
  ['the onUnauthorized hook', '/role', 403, { onUnauthorized: fail }],
];

for (const driver of DRIVERS) {
  describe(`Credentials on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [what, path, status, security] of QUOTING) {
      it(`are not told where ${what} quotes them`, async () => {
        await using api = await startApi(driver, {
          security: { providers: [byKey], explain: 'log', ...security },
          host: { controllers: [controller()] },
        });
        expect((await api.get(path, { 'x-api-key': KEY })).status).to.equal(status);
        const told = [...api.logger.lines, ...api.events.map((event) => JSON.stringify(event))];
        expect(told.filter((line) => line.includes('quoting ***'))).not.to.be.empty;
        expect(told.filter((line) => line.includes(KEY))).to.deep.equal([]);
      });
    }
  });
}
