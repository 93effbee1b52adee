/**
 * The authorization matrix: a test for every route, every guard and every kind of client.
 */
import { Activity } from '../authentication/activity';
import type { CompiledAction } from '../access/compiled';
import type { Access } from '../core/access';
import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { type InspectedOptions, inspectOptions, type SecuredApp } from '../security/inspection';
import { isSecurity } from '../security/security';
import { type StubbedReply, StubbedServer } from '../security/stubbed-server';
import { describeAccess } from '../report/security-report';
import { kind, oneOf, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, type Values } from '../util/parse-options';
import { actingAs, badCredentials, refuseProduction } from './acting-as';
import { isExpectedIn } from './expected-access';
import { guardName, guardRequest, startGuards } from './guard-server';
import { samplePath } from './sample-path';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

/** The options of {@link describeAuthorization}. */
export interface AuthorizationMatrixOptions {
  /**
   * The users who are sent to every route, beside an anonymous client and bad credentials, by a name for titles. An
   * Authentication states also when and how the login took place, and what it is limited to.
   */
  users: Readonly<Record<string, User | Authentication>>;
  /**
   * Which users get in where only the app's own code decides (policies, owners, role loaders, authorization
   * providers), by `METHOD path`, or the name of a guard, and name: `{ 'PUT /notes/:id': { ann: true } }`. What is not
   * stated there may go either way.
   */
  expected?: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  /** The values of route parameters. @default '1' for each */
  params?: Readonly<Record<string, string>>;
  /**
   * The paths to send, by `Controller.action` or `guard NAME`; needed for routes that are regular expressions. A guard
   * without one gets what its name says, as `GET /notes/:id` does, else `GET /`.
   */
  paths?: Readonly<Record<string, string>>;
  /** The host; `node` has guards only. @default 'koa', and 'node' for an instance of `createSecurity()` */
  driver?: 'koa' | 'express' | 'node';
  /** @default the functions of these names that are global, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const tableOf = <T>(
  things: string,
  accepts: (value: unknown) => boolean,
): Kind<Readonly<Record<string, T>>> =>
  kind(
    `must be an object of ${things}`,
    (value) => isPlainObject(value) && Object.values(value).every(accepts),
  );
const isTextual = (value: unknown): boolean => typeof value === 'string';
const isExpectation = (value: unknown): boolean =>
  isPlainObject(value) && Object.values(value).every((isIn) => typeof isIn === 'boolean');

const OPTIONS = {
  users: tableOf<User | Authentication>('users by name', isObject),
  expected: optional(
    tableOf<Readonly<Record<string, boolean>>>('true or false by user, by route', isExpectation),
    {},
  ),
  params: optional(tableOf<string>('strings by parameter', isTextual), {}),
  paths: optional(tableOf<string>('paths by action', isTextual), {}),
  driver: optional(oneOf('koa', 'express', 'node')),
  runner: optional(testRunner),
} satisfies Record<keyof AuthorizationMatrixOptions, Kind<unknown>>;

type Matrix = Values<typeof OPTIONS>;

const ANONYMOUS = 'an anonymous client';
const BAD_CREDENTIALS = 'bad credentials';

/** What everybody is sent to. */
interface Target {
  readonly access: Access;
  /** By which `expected` knows it. */
  readonly key: string;
  readonly title: string;
  readonly method: string;
  /** Undefined where it must be stated. */
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly server: () => StubbedServer;
}

/**
 * Describes tests that send everybody to every route of an app, through real HTTP with the actions stubbed, and to every
 * guard, with a stub behind it, and compare who gets in with the effective access. Users are taken as they are given, as by
 * {@link actingAs}; the app's own providers are asked after that.
 * @param app the secured options, an instance of `createSecurity()` for its guards alone, or a function that gives either,
 * called once more for the server
 * @throws Error when NODE_ENV is production
 * @throws ConfigurationError for options that are unknown or not valid, where the app would not start, and for an instance
 * without guards
 * @example describeAuthorization(security, { driver: 'koa', users: { ann: { username: 'ann', roles: ['editor'] } } });
 */
export function describeAuthorization(
  app: SecuredApp | (() => SecuredApp),
  matrix: AuthorizationMatrixOptions,
): void {
  refuseProduction();
  const given = parseOptions('describeAuthorization()', matrix, OPTIONS);
  const getApp = typeof app === 'function' ? app : () => app;
  const runner = given.runner ?? globalRunner('describeAuthorization');
  const first = getApp();
  const { driver = isSecurity(first) ? 'node' : 'koa' } = given;
  const { compiled, guards } = inspectOptions(first);
  if (isSecurity(first) && guards.length === 0) {
    throw new ConfigurationError(
      'describeAuthorization(): the instance has no guard: import the modules that make its guards first',
    );
  }
  if (!isSecurity(first) && driver === 'node') {
    throw new ConfigurationError(
      "describeAuthorization(): the driver 'node' has no actions: take koa or express",
    );
  }
  runner.describe('Authorization', () => {
    const servers: StubbedServer[] = [];
    let actionServer: StubbedServer;
    let guardServer: StubbedServer;
    let inspection: InspectedOptions;
    const started = async (starting: Promise<StubbedServer>): Promise<StubbedServer> => {
      const server = await starting;
      servers.push(server);
      return server;
    };
    runner.before(async () => {
      const own = getApp();
      inspection = inspectOptions(own);
      if (!isSecurity(own) && driver !== 'node') {
        actionServer = await started(StubbedServer.listen(inspection.stubbed(driver)));
      }
      if (guards.length > 0) guardServer = await started(startGuards(inspection, driver));
    });
    runner.after(async () => {
      for (const server of servers) await server.close();
    });

    const targets = [
      ...compiled.flatMap(({ access }) => routeTargets(access, given, () => actionServer)),
      ...guards.map((access) => guardTarget(access, given, () => guardServer)),
    ];
    for (const target of targets) {
      const test = (who: string, headers: () => Record<string, string>, user?: User | Authentication) =>
        runner.it(`${target.title} as ${who}`, async () => {
          const problem = await problemWith(target, who, headers(), user, inspection, given);
          if (problem !== undefined) throw new Error(problem);
        });
      test(ANONYMOUS, () => ({}));
      test(BAD_CREDENTIALS, badCredentials);
      for (const [name, user] of Object.entries(given.users)) test(name, () => actingAs(user), user);
    }
  });
}

function routeTargets(
  access: CompiledAction['access'],
  { params, paths }: Matrix,
  server: () => StubbedServer,
): Target[] {
  const { action, method: own, route, isPattern } = access;
  const path = paths[action] ?? (isPattern ? undefined : samplePath(route, params));
  return (own === 'ALL' ? ['GET', 'POST'] : [own]).map((method) => {
    const title = `${method} ${route}`;
    return { access, key: `${own} ${route}`, title, method, path, headers: {}, server };
  });
}

function guardTarget(access: Access, { params, paths }: Matrix, server: () => StubbedServer): Target {
  const { action } = access;
  const request = guardRequest(access, paths[action], params);
  return { access, key: guardName(action), title: action, ...request, server };
}

/** What is wrong with how somebody is answered, in words; undefined where nothing is. */
async function problemWith(
  { access, key, title, method, path, headers, server }: Target,
  who: string,
  credentials: Readonly<Record<string, string>>,
  user: User | Authentication | undefined,
  inspection: InspectedOptions,
  { expected }: Matrix,
): Promise<string | undefined> {
  if (path === undefined) {
    const reason = access.isPattern ? 'is a regular expression' : 'does not begin with a slash';
    return `State a path for ${access.action} in \`paths\`: its route ${reason}`;
  }
  const isIn = await expectation(who, user, access, inspection, expected[key]);
  const reply = await server().request(method, path, { ...headers, ...credentials });
  const problem = problemOf(reply, who, isIn, access, inspection.options.onUnauthorized !== undefined);
  const asked = access.route === undefined ? `${title}, ${method} ${path},` : `${method} ${path}`;
  return problem && `${asked} as ${who}: ${problem}`;
}

/** True for who should get in, false for who should not, undefined for either. */
async function expectation(
  who: string,
  given: User | Authentication | undefined,
  access: Access,
  inspection: InspectedOptions,
  stated: Readonly<Record<string, boolean>> | undefined,
): Promise<boolean | undefined> {
  const asksForUser = access.levels.length > 0;
  if (given === undefined) return !asksForUser;
  const user = given instanceof Authentication ? given.user : given;
  const isStated = stated !== undefined && Object.hasOwn(stated, who);
  if (!new Activity(inspection.options.isActive).holds(user)) return !asksForUser;
  return isStated ? stated[who] : isExpectedIn(given, access, inspection);
}

function problemOf(
  { status, reached }: StubbedReply,
  who: string,
  isIn: boolean | undefined,
  access: Access,
  mayReshape: boolean,
): string | undefined {
  const isAuthenticated = who !== ANONYMOUS && who !== BAD_CREDENTIALS;
  const asked = `by ${describeAccess(access)}${sourcesOf(access)}`;
  if (reached !== undefined && reached !== access.action)
    return `was answered by ${reached}, not ${access.action}`;
  if (isIn === true && reached === undefined) return `should get in ${asked}, and got ${String(status)}`;
  if (isIn === false && reached !== undefined) return `should be refused ${asked}, and got in`;
  const isRefusal = status === 401 || (isAuthenticated && status === 403);
  if (reached === undefined && !isRefusal && !mayReshape) {
    return `should be ${isAuthenticated ? '401 or 403' : '401'} ${asked}, and got ${String(status)}`;
  }
  return undefined;
}

function sourcesOf({ levels }: Access): string {
  return levels.length === 0 ? '' : ` (${levels.map(({ source }) => source).join(', ')})`;
}
