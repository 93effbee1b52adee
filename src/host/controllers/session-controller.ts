import type { Constructor } from '../../components/constructor';
import { InvalidRequestError } from '../../errors';
import type { SecondFactorInterface } from '../../factors/second-factor';
import { type OwnReply, redirectTo } from '../../http/own-reply';
import { LOGIN_PAGE, PAGE } from '../../http/page-options';
import { type Body, textIn } from '../../http/read-body';
import { routeParameter } from '../../http/route-parameter';
import { endAllOf, endOneOf, listSessions } from '../../sessions/end-sessions';
import type { SessionInfo } from '../../sessions/session-info';
import type { SessionService } from '../../sessions/session-service';
import { callable, flag, isFunction, listOf, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import type { LoginFlow } from '../../account/login-flow';
import { noteNeeds } from '../../account/session-needs';
import { CONTROLLER_PATH, type LoginRoute } from '../../account/login-route';
import { loginController } from './login-controller';

/** The options of {@link sessionController}. */
export interface SessionControllerOptions {
  /** The app's service. */
  sessions: Constructor<SessionService>;
  /** The path of the actions, under the app's prefix. @default '/session' */
  path?: string;
  /** The page to which a form is redirected after a login, unless it states `returnTo`. @default '/' */
  home?: string;
  /** False for an app with other ways to log in: omits the actions that take passwords. @default true */
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
  sessions: callable<Constructor<SessionService>>(),
  path: optional(CONTROLLER_PATH, '/session'),
  home: optional(PAGE, '/'),
  passwords: optional(flag, true),
  loginPage: optional(LOGIN_PAGE),
  secondFactors: optional(
    listOf('classes', isFunction) as unknown as Kind<readonly Constructor<SecondFactorInterface>[]>,
    [],
  ),
} satisfies Record<keyof SessionControllerOptions, Kind<unknown>>;

/**
 * A controller for logins by a page: JSON for scripts, and forms (`application/x-www-form-urlencoded`) that are
 * answered by redirects (303). Caches keep no reply. Every request that changes something must come from a page of this
 * app or of `trustedOrigins`, so no page needs a CSRF token.
 *
 * - `POST /session` with `{ username, password, returnTo? }`, public: 200 `{ username }` and the cookie; a form is
 *   redirected to `returnTo`, or to `home`. With a second factor 200 `{ next: ['otp', 'passkey'] }`; a form is
 *   redirected to `loginPage?next=otp,passkey`. A wrong password is 401, too many are 429; a form is redirected to
 *   `loginPage?error=...`.
 * - `POST /session/password` with `{ password, returnTo? }`: the user of the session proves the password once more.
 * - `GET /session`: one's own session as {@link SessionInfo}, with `username`; `GET /session/all`: all sessions of the
 *   user.
 * - `DELETE /session`: 204, the session ends; also 204 without a session. `POST /session/end` is the same for a form:
 *   303 to the login page.
 * - `DELETE /session/all/:id`: 204, or 404 if the user has no such session; `DELETE /session/all`: 204, ends all
 *   sessions but the current one.
 *
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [sessionController({ sessions: Sessions })]
 */
export function sessionController(options: SessionControllerOptions): Constructor<object> {
  const { path, passwords, ...flow } = parseOptions('sessionController()', options, OPTIONS);
  const controller = loginController('SessionController', path, flow, {
    ...(passwords && PASSWORDS),
    ...ROUTES,
  });
  noteNeeds(controller, {
    controller: 'sessionController()',
    sessions: flow.sessions,
    passwords,
    secondFactors: flow.secondFactors,
  });
  return controller;
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
  const id = routeParameter(flow.action, 'id') ?? '';
  const isEnded = await endOneOf(flow.parts, login, id, flow.request);
  return { status: isEnded ? 204 : 404 };
}

/** @throws InvalidRequestError without the member: another login would not help */
function needed(body: Body, name: string): string {
  const value = textIn(body, name);
  if (value !== undefined && value !== '') return value;
  throw new InvalidRequestError({ cause: new Error(`The body has no text \`${name}\``) });
}
