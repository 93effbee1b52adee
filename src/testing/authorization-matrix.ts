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
   * The users that request every route, beside an anonymous client and bad credentials. The keys are names for the
   * titles of the tests. An Authentication also says when and how the login took place, and its limits.
   */
  users: Readonly<Record<string, User | Authentication>>;
  /**
   * Which users get in if only the app's own code decides (policies, owners, role loaders, authorization providers), by
   * `METHOD path` or the name of a guard, then by the user's name: `{ 'PUT /notes/:id': { ann: true } }`. Without an
   * entry, either outcome passes.
   */
  expected?: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  /** The values of route parameters. @default '1' for each */
  params?: Readonly<Record<string, string>>;
  /**
   * The paths to request, by `Controller.action` or `guard NAME`; needed for routes that are regular expressions. A
   * guard without a path is requested as its name says if the name has the form `GET /notes/:id`, else as `GET /`.
   */
  paths?: Readonly<Record<string, string>>;
  /** The host; `node` supports guards only. @default 'koa', and 'node' for an instance of `createSecurity()` */
  driver?: 'koa' | 'express' | 'node';
  /** @default the global functions of these names, `beforeAll` and `afterAll` included */
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

/** A route or guard that every client requests. */
interface Target {
  readonly access: Access;
  /** The key of the target in `expected`. */
  readonly key: string;
  readonly title: string;
  readonly method: string;
  /** Undefined if the app must set it in `paths`. */
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly server: () => StubbedServer;
}

/**
 * Describes tests that send a request of every client to every route of an app and to every guard, and compare the
 * outcome with the effective access. The requests are real HTTP; the actions, and the handlers behind guards, are
 * stubbed. Users are used as given, as by {@link actingAs}; the app's own providers are asked after that.
 * @param app the secured options, an instance of `createSecurity()` for its guards alone, or a function that returns
 * either, called once more for the server
 * @throws Error when NODE_ENV is production
 * @throws ConfigurationError for unknown or invalid options, if the app would not start, and for an instance without
 * guards
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

/** Describes the fault in the reply to a client; undefined if the reply is right. */
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

/** True if the client should get in, false if not, undefined if either outcome is right. */
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
