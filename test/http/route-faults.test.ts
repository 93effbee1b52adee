import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { securityReport } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { as, QUIET, secured, SecuredServer } from '../support/secured-server';

interface Case {
  readonly prefix?: string;
  readonly base?: string;
  readonly route: string | RegExp;
  /** Paths, with the status that a staff member gets. */
  readonly replies: Readonly<Record<string, number>>;
  readonly code?: string;
}

const CASES: Record<string, Case> = {
  'a regular expression without a prefix': {
    route: /^\/any\d+$/i,
    replies: { '/any7': 200, '/ANY7': 200 },
  },
  'a regular expression without an anchor under a prefix': {
    base: '/x',
    route: /\/any\d+$/,
    replies: { '/x/any7': 200, '/any7': 404 },
  },
  'an anchor under a prefix of the controller': {
    base: '/x',
    route: /^\/any\d+$/,
    replies: { '/x/any7': 404, '/any7': 404 },
    code: 'route_never_matches',
  },
  'an anchor under a prefix of all routes': {
    prefix: '/api',
    route: /^\/any\d+/,
    replies: { '/api/any7': 404, '/any7': 404 },
    code: 'route_never_matches',
  },
  'an anchor that is one of several ways in': {
    base: '/x',
    route: /\/a|^\/b/,
    replies: { '/x/a': 200, '/b': 200 },
  },
  'two prefixes': {
    prefix: '/api',
    base: '/x',
    route: /\/any\d+/,
    replies: { '/api/x/any7': 404, '/x/any7': 404 },
    code: 'route_never_matches',
  },
  'a flag under a prefix': {
    base: '/x',
    route: /\/any\d+/i,
    replies: { '/x/any7': 404, '/x/any7/i': 200 },
    code: 'route_flags_lost',
  },
  'a flag after an end under a prefix': {
    base: '/x',
    route: /\/any\d+$/i,
    replies: { '/x/any7': 404, '/x/any7/i': 404 },
    code: 'route_never_matches',
  },
  'a regular expression of a path without a slash': {
    route: /^notes/,
    replies: { '/notes': 404 },
    code: 'route_never_matches',
  },
  'a route without a slash': {
    route: 'notes',
    replies: { '/notes': 404 },
    code: 'route_never_matches',
  },
  'a controller without a slash': {
    base: 'notes',
    route: '/x',
    replies: { '/notes/x': 404 },
    code: 'route_never_matches',
  },
  'a prefix of all routes without a slash': {
    prefix: 'api',
    base: '/notes',
    route: '/x',
    replies: { '/api/notes/x': 200 },
  },
};

function app({ prefix = '', base, route }: Case) {
  @JsonController(base)
  class Things {
    @Authorized('staff') @Get(route as string) one() {
      return {};
    }
  }
  return { controllers: [Things], routePrefix: prefix };
}

for (const driver of DRIVERS) {
  describe(`Routes that are not matched as they are written, on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [what, one] of Object.entries(CASES)) {
      it(`are named, and no others: ${what}`, async () => {
        await using server = await SecuredServer.start(driver, app(one), QUIET);
        const seen: Record<string, number> = {};
        for (const path of Object.keys(one.replies)) seen[path] = await server.status(path, 'staff');
        expect(seen).to.deep.equal(one.replies);
        const { warnings } = await securityReport(secured(app(one)));
        expect(warnings.map(({ code }) => code as string)).to.deep.equal(
          one.code === undefined ? [] : [one.code],
        );
        expect(server.warnings).to.have.length(warnings.length);
        if (one.code !== undefined) expect(server.warnings[0]).to.include('(Things.one)');
      });
    }

    for (const flag of ['g', 'y']) {
      it(`are named for the flag ${flag}, by which requests are not answered alike`, async () => {
        const one: Case = { route: new RegExp('^/any7', flag), replies: {} };
        const { warnings } = await securityReport(secured(app(one)));
        expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([
          ['route_match_varies', 'Things.one'],
        ]);
      });
    }
  });

  describe(`The root route on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [what, base, route, prefix, path] of [
      ['a controller and an action without a route', undefined, undefined, '', '/'],
      ['an action with an empty route', undefined, '', '', '/'],
      ['a slash', undefined, '/', '', '/'],
      ['a controller of the root', '/', undefined, '', '/'],
      ['a prefix of all routes alone', undefined, undefined, '/api', '/api'],
      ['a prefix of the controller alone', '/site', undefined, '', '/site'],
    ] as const) {
      it(`is ${path} for ${what}`, async () => {
        const routes: unknown[] = [];
        const build = () => {
          @JsonController(base)
          class Site {
            @Authorized('staff') @Get(route as string) index() {
              return {};
            }
          }
          return { controllers: [Site], routePrefix: prefix };
        };
        const security = {
          skip: ({ route: matched }: { route: string | undefined }) => {
            routes.push(matched);
            return false;
          },
        };
        await using server = await SecuredServer.start(driver, { ...build(), security });
        expect(await server.admitted(path)).to.deep.equal(['staff', 'both']);
        expect(new Set(routes)).to.deep.equal(new Set([path]));
        const { response } = await server.server.raw(path, { headers: as('user') });
        expect(response.statusCode).to.equal(403);
        const { routes: reported } = await securityReport(secured(build()));
        expect(reported.map((one) => one.path)).to.deep.equal([path]);
      });
    }
  });
}
