/**
 * The authorization matrix: a test for every route and every kind of client.
 */
import type { SecuredOptions } from '../security/inspection';
import { Activity } from '../authentication/activity';
import type { Access } from '../core/access';
import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { inspectOptions } from '../security/inspection';
import { type StubbedReply, StubbedServer } from '../security/stubbed-server';
import { describeAccess } from '../report/security-report';
import { kind, oneOf, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, type Values } from '../util/parse-options';
import { actingAs, badCredentials, refuseProduction } from './acting-as';
import { isExpectedIn } from './expected-access';
import { samplePath } from './sample-path';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

export interface AuthorizationMatrixOptions {
  /**
   * The users who are sent to every route, beside an anonymous client and bad credentials, by a name for titles. An
   * Authentication states also when and how the login took place, and what it is limited to.
   */
  users: Readonly<Record<string, User | Authentication>>;
  /**
   * Which users get in where only the app's own code decides (policies, owners, role loaders, authorization
   * providers), by `METHOD path` and name: `{ 'PUT /notes/:id': { ann: true } }`. What is not stated there
   * may go either way.
   */
  expected?: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  /** The values of route parameters. @default '1' for each */
  params?: Readonly<Record<string, string>>;
  /** The paths to send, by `Controller.action`; needed for routes that are regular expressions. */
  paths?: Readonly<Record<string, string>>;
  /** @default 'koa' */
  driver?: 'koa' | 'express';
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
  driver: optional(oneOf('koa', 'express'), 'koa'),
  runner: optional(testRunner),
} satisfies Record<keyof AuthorizationMatrixOptions, Kind<unknown>>;

type Matrix = Values<typeof OPTIONS>;

const ANONYMOUS = 'an anonymous client';
const BAD_CREDENTIALS = 'bad credentials';

/**
 * Describes tests that send everybody to every route of an app, through real HTTP with the actions stubbed,
 * and compare who gets in with the route's effective access. Users are taken as they are given, as by
 * {@link actingAs}; the app's own providers are asked after that.
 * @param options the secured options, or a function that gives them, called once more for the server
 * @throws Error when NODE_ENV is production
 * @throws ConfigurationError for options that are unknown or not valid, and where the app would not start
 */
export function describeAuthorization(
  options: SecuredOptions | (() => SecuredOptions),
  matrix: AuthorizationMatrixOptions,
): void {
  refuseProduction();
  const given = parseOptions('describeAuthorization()', matrix, OPTIONS);
  const getOptions = typeof options === 'function' ? (options) : () => options;
  const runner = given.runner ?? globalRunner('describeAuthorization');
  const { compiled } = inspectOptions(getOptions());
  runner.describe('Authorization', () => {
    let server: StubbedServer;
    let inspection: ReturnType<typeof inspectOptions>;
    runner.before(async () => {
      inspection = inspectOptions(getOptions());
      server = await StubbedServer.listen(inspection.stubbed(given.driver));
    });
    runner.after(() => server.close());

    for (const { access } of compiled) {
      const path =
        given.paths[access.action] ?? (access.isPattern ? undefined : samplePath(access.route, given.params));
      const methods = access.method === 'ALL' ? ['GET', 'POST'] : [access.method];
      for (const method of methods) {
        const test = (who: string, headers: () => Record<string, string>, user?: User | Authentication) =>
          runner.it(`${method} ${access.route} as ${who}`, async () => {
            if (path === undefined) {
              const reason = access.isPattern ? 'is a regular expression' : 'does not begin with a slash';
              throw new Error(`State a path for ${access.action} in \`paths\`: its route ${reason}`);
            }
            const isIn = await expectation(who, user, access, inspection, given);
            const reply = await server.request(method, path, headers());
            const problem = problemOf(
              reply,
              who,
              isIn,
              access,
              inspection.options.onUnauthorized !== undefined,
            );
            if (problem !== undefined) throw new Error(`${method} ${path} as ${who}: ${problem}`);
          });
        test(ANONYMOUS, () => ({}));
        test(BAD_CREDENTIALS, badCredentials);
        for (const [name, user] of Object.entries(given.users)) test(name, () => actingAs(user), user);
      }
    }
  });
}

/** True for who should get in, false for who should not, undefined for either. */
async function expectation(
  who: string,
  given: User | Authentication | undefined,
  access: Access,
  inspection: ReturnType<typeof inspectOptions>,
  { expected }: Matrix,
): Promise<boolean | undefined> {
  const asksForUser = access.levels.length > 0;
  if (given === undefined) return !asksForUser;
  const user = given instanceof Authentication ? given.user : given;
  const stated = expected[`${access.method} ${access.route}`];
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
