/**
 * Browser sessions: a login that a cookie carries on, and that the server can end at any time. An app's service extends
 * {@link SessionService} and is passed to a SessionProvider.
 */
import type { Constructor } from '../components/constructor';
import { hold, release } from '../components/holders';
import { Apps } from '../core/apps';
import { Authentication } from '../core/authentication';
import type { AppFacts } from '../core/auth-provider';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { type Factor, fixedFactors } from '../core/factors';
import type { UserName } from '../core/named-user';
import type { SecondFactorInterface } from '../factors/second-factor';
import { MemoryState } from '../state/memory-state';
import type { StateStoreInterface } from '../state/state-store';
import type { Clock } from '../util/clock';
import { endAllOf, endCurrent, endOneOf, listSessions } from './end-sessions';
import { renewSession } from './renew-session';
import { SessionCookies } from './session-cookie';
import type { SessionInfo } from './session-info';
import { type SessionServiceOptions, sessionSettings } from './session-options';
import { type RequestLike, requestOf } from '../core/request-like';
import type { SessionParts } from './session-parts';
import { SessionStore } from './session-store';
import { startSession } from './start-session';

/** A state store with its optional members beyond the contract. */
type LivingState = StateStoreInterface & Partial<ProblemSource> & { close?(): void | Promise<void> };

/** The internals of a service, for the provider and the controllers. */
export interface SessionKeeper {
  readonly parts: SessionParts;
  /** The second factors that users of the sessions may have, collected from all controllers of the app. */
  readonly secondFactors: Set<Constructor<SecondFactorInterface>>;
  onStart(app: AppFacts): void;
  close(): Promise<void>;
  /** Subscribes to the problems that the state store reports itself. */
  listen(listener: ProblemListener): () => void;
}

let keeperIn: (sessions: SessionService) => SessionKeeper;
let isOne: (value: unknown) => value is SessionService;

/**
 * Starts, lists and ends sessions. `sessionController()` does so for the usual login page; apps with pages of their own
 * call the service from their actions.
 *
 * Secrets are stored as hashes. A session is valid as long as its user exists, is active and still has the
 * `tokensValidFrom` that the login saw: a password change ends all other sessions. If the state store or the userstore
 * cannot answer, a request with a session gets 503 and is never treated as anonymous.
 *
 * @example
 * ```ts
 * @Service()
 * class Sessions extends SessionService {
 *   constructor() {
 *     super({ state: new SqlState({ client: pool }) });
 *   }
 * }
 * ```
 */
export class SessionService {
  readonly #keeper: SessionKeeper;

  static {
    keeperIn = (sessions) => sessions.#keeper;
    isOne = (value): value is SessionService =>
      typeof value === 'object' && value !== null && #keeper in value;
  }

  /** @throws ConfigurationError for unknown, missing or out-of-bounds options */
  constructor(options: SessionServiceOptions) {
    this.#keeper = keeperOfOptions(new.target.name, options);
  }

  /**
   * Starts a session and sets its cookie; the session of the browser's present cookie ends.
   * @param login proved by the user in this request, or created by the app
   * @throws AccessDeniedError (403) for a login by a token, a key or a session; for a login without a source in an app
   * with several userstores; and if the userstore has no such active user
   * @throws TypeError for a login that adds roles, has scopes, is bound to a key, or has a user of no userstore
   * @throws HttpsRequiredError (403) over plain http from another machine: the browser would drop the cookie
   * @throws BadCredentialsError (401) if the password was changed since the login
   * @throws ServiceUnavailableError (503) if the state store or the userstore cannot answer
   * @example await this.sessions.start(new Authentication(user), request);
   */
  async start(login: Authentication, request: RequestLike): Promise<SessionInfo> {
    if (!(login instanceof Authentication)) {
      throw new TypeError('SessionService.start() takes an Authentication, such as new Authentication(user)');
    }
    const { parts } = this.#keeper;
    return startSession(parts, login, requestOf(parts.apps, 'start', request));
  }

  /**
   * Adds a factor that the user has just proved to the session of a request, and gives the session a new secret. The
   * former secret is accepted for `graceSeconds`, with the former factors. Of several concurrent calls one sets a
   * cookie; the others resolve if they proved the same method.
   * @throws AuthenticationRequiredError (401) without a session
   * @throws ServiceUnavailableError (503) if the state store cannot answer, or another method was proved at the same
   * time
   */
  async strengthen(factor: Factor, request: RequestLike): Promise<SessionInfo> {
    const { parts } = this.#keeper;
    const [fixed] = fixedFactors([factor]) as [Factor];
    const renewal = { factor: fixed, graceMs: parts.settings.graceMs };
    return renewSession(parts, requestOf(parts.apps, 'strengthen', request), renewal);
  }

  /**
   * Ends the session of a request, and clears the cookie in any case. The reply tells the browser to drop its cached
   * pages.
   * @returns false if the request had no session
   * @throws ServiceUnavailableError (503) if the state store cannot answer; the cookie is cleared all the same
   */
  async end(request: RequestLike): Promise<boolean> {
    const { parts } = this.#keeper;
    return endCurrent(parts, requestOf(parts.apps, 'end', request));
  }

  /**
   * The valid sessions of a user, the most recently used first.
   * @throws TypeError if the user is ambiguous: an app with several userstores needs `userstore`
   * @throws ServiceUnavailableError if the state store or the userstore cannot answer
   */
  async list(user: Authentication | UserName): Promise<readonly SessionInfo[]> {
    return listSessions(this.#keeper.parts, user);
  }

  /** Ends one of a user's sessions: false if the user has no session with this id. @throws as {@link list} */
  async endOne(user: Authentication | UserName, id: string): Promise<boolean> {
    return endOneOf(this.#keeper.parts, user, id);
  }

  /**
   * Ends all of a user's sessions, and logins that still need a second factor.
   * @param options except: the id of a session that goes on
   * @returns the number of sessions that this call ended
   * @throws as {@link list}; some sessions may have ended by then
   */
  async endAll(user: Authentication | UserName, options: { except?: string } = {}): Promise<number> {
    return endAllOf(this.#keeper.parts, user, options.except);
  }
}

/** For providers and controllers. Apps do not need it, so it is not a member. */
export function keeperOf(sessions: SessionService): SessionKeeper {
  return keeperIn(sessions);
}

export function isSessionService(value: unknown): value is SessionService {
  return isOne(value);
}

function keeperOfOptions(name: string, options: SessionServiceOptions): SessionKeeper {
  const settings = sessionSettings(name, options);
  const state: LivingState = settings.state;
  const apps = new Apps('SessionService', 'SessionProvider');
  let clock: Clock = settings.clock ?? Date.now;
  let isStarted = false;
  const parts: SessionParts = {
    store: new SessionStore(state, settings.cookie.name),
    settings,
    cookies: new SessionCookies(settings.cookie),
    apps,
    now: () => clock(),
  };
  return {
    parts,
    secondFactors: new Set(),
    onStart: (app) => {
      if (!isStarted) hold(state);
      isStarted = true;
      apps.start(app);
      clock = settings.clock ?? app.clock;
      for (const problem of startProblems(settings.cookie.sameSite, state, app)) {
        app.report({ component: name, problem });
      }
    },
    close: async () => {
      if (!isStarted) return;
      isStarted = false;
      if (release(state)) await state.close?.();
    },
    listen: (listener) => state[PROBLEM_SOURCE]?.(listener) ?? (() => undefined),
  };
}

/** Warnings about settings that are allowed but seldom intended. */
function startProblems(sameSite: string, state: StateStoreInterface, app: AppFacts): string[] {
  const stampless = app.userstoresWithoutStamp;
  return [
    ...(state instanceof MemoryState
      ? ['sessions are kept in the memory of this process, and a restart ends them']
      : []),
    ...(sameSite === 'none'
      ? ["with sameSite 'none' only the cross-site check keeps foreign pages from using the session"]
      : []),
    ...(stampless.length === 0
      ? []
      : [
          `${stampless.join(', ')} has no tokensValidFrom: a changed password ends no session, and each lasts a day at most`,
        ]),
  ];
}
