import type { Constructor } from '../components/constructor';
import { InvalidRequestError } from '../errors';
import type { SecondFactorInterface } from '../factors/second-factor';
import { type OwnReply, redirectTo } from '../http/own-reply';
import { LOGIN_PAGE, PAGE } from '../http/page-options';
import { type Body, textIn } from '../http/read-body';
import { endAllOf, endOneOf, listSessions } from '../sessions/end-sessions';
import type { SessionInfo } from '../sessions/session-info';
import type { SessionService } from '../sessions/session-service';
import { flag, isFunction, listOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { LoginFlow } from './login-flow';
import { type LoginRoute, loginRoutes } from './login-route';
import { type OwnTable, classOf, TABLE_PATH } from './own-table';
import { passwordAlone, sessionNeeds } from './session-needs';

/** The options of `sessionController()` and `sessionRoutes()`. */
export interface SessionControllerOptions {
  /** The app's service. */
  sessions: Constructor<SessionService>;
  /** The path of the routes, under the prefix of the app or of a mount. @default '/session' */
  path?: string;
  /** The page to which a form is redirected after a login, unless it states `returnTo`. @default '/' */
  home?: string;
  /** False for an app with other ways to log in: omits the routes that take passwords. @default true */
  passwords?: boolean;
  /**
   * The page to which a form is redirected if it fails: a path without a query. @default the option `loginPage` of the
   * app, else '/login'
   */
  loginPage?: string;
  /** The second factors that a login by password needs, for users who have set one up. @default [] */
  secondFactors?: readonly Constructor<SecondFactorInterface>[];
}

const OPTIONS = {
  sessions: classOf<SessionService>(),
  path: optional(TABLE_PATH, '/session'),
  home: optional(PAGE, '/'),
  passwords: optional(flag, true),
  loginPage: optional(LOGIN_PAGE),
  secondFactors: optional(
    listOf('classes', isFunction) as unknown as Kind<readonly Constructor<SecondFactorInterface>[]>,
    [],
  ),
} satisfies Record<keyof SessionControllerOptions, Kind<unknown>>;

/**
 * The routes for logins by a page.
 * @param call the function that makes them for a host, for messages
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function sessionTable(call: string, options: SessionControllerOptions): OwnTable {
  const { path, passwords, ...flow } = parseOptions(call, options, OPTIONS);
  const { sessions, secondFactors } = flow;
  return {
    call,
    path,
    routes: loginRoutes(flow, { ...(passwords && PASSWORDS), ...ROUTES }),
    needs: sessionNeeds({
      call,
      sessions,
      passwords,
      secondFactors,
      warningOf: (app) => passwordAlone(call, secondFactors, app),
    }),
  };
}

const PASSWORDS: Readonly<Record<string, LoginRoute>> = {
  start: { verb: 'post', path: '', isPublic: true, run: startByPassword },
  // The action looks for the session itself: a form whose session has ended is redirected to the login page.
  provePassword: { verb: 'post', path: '/password', isPublic: true, run: provePassword },
};

const ROUTES: Readonly<Record<string, LoginRoute>> = {
  current: { verb: 'get', path: '', run: currentSession },
  all: { verb: 'get', path: '/all', run: allSessions },
  end: { verb: 'delete', path: '', isPublic: true, run: (flow) => endCurrent(flow) },
  endByForm: { verb: 'post', path: '/end', isPublic: true, run: endByForm },
  endAll: { verb: 'delete', path: '/all', run: endOthers },
  endOne: { verb: 'delete', path: '/all/:id', run: endOne },
};

async function startByPassword(flow: LoginFlow): Promise<OwnReply> {
  const body = await flow.body();
  const [username, password] = [needed(body, 'username'), needed(body, 'password')];
  const login = await flow.answers.provePassword(flow.action, { username, password });
  return flow.begin(login, body);
}

async function provePassword(flow: LoginFlow): Promise<OwnReply> {
  const login = await flow.session();
  const body = await flow.body();
  const { username } = login.user;
  const password = needed(body, 'password');
  const proof = await flow.answers.provePassword(flow.action, { username, password });
  // Another store may have a user of the same name with another password.
  const isSame = proof.user.username === username && proof.source?.name === login.source?.name;
  if (!isSame || proof.stamp !== login.stamp) throw flow.refused();
  const subject = { kind: 'session', login, owner: { username } } as const;
  return flow.complete(subject, { method: 'pwd', at: new Date(flow.parts.now()) });
}

async function currentSession(flow: LoginFlow): Promise<OwnReply> {
  const login = await flow.session();
  const infos = await listSessions(flow.parts, login, flow.request);
  const own = infos.find(({ isCurrent }) => isCurrent === true);
  if (own === undefined) throw flow.unauthenticated();
  return { status: 200, json: { username: login.user.username, ...own } };
}

async function allSessions(flow: LoginFlow): Promise<OwnReply> {
  const infos: readonly SessionInfo[] = await listSessions(flow.parts, await flow.session(), flow.request);
  return { status: 200, json: infos };
}

async function endCurrent(flow: LoginFlow): Promise<OwnReply> {
  await flow.sessions.end(flow.request);
  return { status: 204 };
}

async function endByForm(flow: LoginFlow): Promise<OwnReply> {
  await flow.sessions.end(flow.request);
  return (await flow.body()).isForm ? redirectTo(flow.loginPage) : { status: 204 };
}

async function endOthers(flow: LoginFlow): Promise<OwnReply> {
  const login = await flow.session();
  await endAllOf(flow.parts, login, login.sessionId, flow.request);
  return { status: 204 };
}

async function endOne(flow: LoginFlow): Promise<OwnReply> {
  const login = await flow.session();
  const id = flow.parameter('id') ?? '';
  const isEnded = await endOneOf(flow.parts, login, id, flow.request);
  return { status: isEnded ? 204 : 404 };
}

/** @throws InvalidRequestError without the member: another login would not help */
function needed(body: Body, name: string): string {
  const value = textIn(body, name);
  if (value !== undefined && value !== '') return value;
  throw new InvalidRequestError({ cause: new Error(`The body has no text \`${name}\``) });
}
