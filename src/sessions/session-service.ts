/**
 * Sessions of browsers: a login that goes on by a cookie, and that the server can end at any time. An app's service
 * extends {@link SessionService} and hands itself to a SessionProvider.
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
import { type RequestLike, requestOf, type SessionParts } from './session-parts';
import { SessionStore } from './session-store';
import { startSession } from './start-session';

/** What a state may have beside its contract. */
type LivingState = StateStoreInterface & Partial<ProblemSource> & { close?(): void | Promise<void> };

/** What a provider and the controllers ask of a service. */
export interface SessionKeeper {
  readonly parts: SessionParts;
  /** What users of the sessions may have beside their passwords, by all controllers of the app. */
  readonly secondFactors: Set<Constructor<SecondFactorInterface>>;
  onStart(app: AppFacts): void;
  close(): Promise<void>;
  /** Hears of what the state finds out itself. */
  listen(listener: ProblemListener): () => void;
}

let keeperIn: (sessions: SessionService) => SessionKeeper;
let isOne: (value: unknown) => value is SessionService;

/**
 * Starts, lists and ends sessions. `sessionController()` does it for the usual login page; apps with pages of their own
 * call it from their actions.
 *
 * Secrets are kept as hashes. A session is good as long as its user exists, is active and still has the
 * `tokensValidFrom` that the login saw: a changed password ends all others. When state or userstore cannot say, a request
 * with a session is 503, never anonymous.
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

  /** @throws ConfigurationError for options that are unknown, missing or out of bounds */
  constructor(options: SessionServiceOptions) {
    this.#keeper = keeperOfOptions(new.target.name, options);
  }

  /**
   * Starts a session and sets its cookie; the session of the browser's present cookie ends.
   * @param login proved by the person in this request, or stated by the app
   * @throws AccessDeniedError (403) for a login by a token, a key or a session
   * @throws TypeError for a login that adds roles, has scopes, is bound to a key, or whose user is of no userstore
   * @throws HttpsRequiredError (403) over plain http that is not of this machine: the browser would drop the cookie
   * @throws BadCredentialsError (401) when the password was changed since the login
   * @throws ServiceUnavailableError (503) when state or userstore cannot say
   * @example await this.sessions.start(new Authentication(user), request);
   */
  async start(login: Authentication, request: RequestLike): Promise<SessionInfo> {
    if (!(login instanceof Authentication)) {
      throw new TypeError('SessionService.start() takes an Authentication, such as new Authentication(user)');
    }
    const { parts } = this.#keeper;
    return startSession(parts, login, requestOf(parts, 'start', request));
  }

  /**
   * Adds a factor that the person proved just now to the session of a request, and gives that a new secret. The former one
   * counts for `graceSeconds`, with the factors of before. Of several at once one sets a cookie; the others resolve where it
   * was the same method.
   * @throws AuthenticationRequiredError (401) without a session
   * @throws ServiceUnavailableError (503) when the state cannot say, or another method was proved at the same time
   */
  async strengthen(factor: Factor, request: RequestLike): Promise<SessionInfo> {
    const { parts } = this.#keeper;
    const [fixed] = fixedFactors([factor]) as [Factor];
    const renewal = { factor: fixed, graceMs: parts.settings.graceMs };
    return renewSession(parts, requestOf(parts, 'strengthen', request), renewal);
  }

  /**
   * Ends the session of a request, and clears the cookie in any case. The browser is told to drop the pages that it keeps.
   * @returns false where there was none
   * @throws ServiceUnavailableError (503) when the state cannot say; the cookie is cleared all the same
   */
  async end(request: RequestLike): Promise<boolean> {
    const { parts } = this.#keeper;
    return endCurrent(parts, requestOf(parts, 'end', request));
  }

  /**
   * The sessions of a user that can be used, the last used one first.
   * @throws TypeError where it cannot be told who is meant: an app with several userstores needs `userstore`
   * @throws ServiceUnavailableError when state or userstore cannot say
   */
  async list(user: Authentication | UserName): Promise<readonly SessionInfo[]> {
    return listSessions(this.#keeper.parts, user);
  }

  /** Ends one of a user's sessions: false where the user has no such session. @throws as {@link list} */
  async endOne(user: Authentication | UserName, id: string): Promise<boolean> {
    return endOneOf(this.#keeper.parts, user, id);
  }

  /**
   * Ends all of a user's sessions, and logins that still need a second factor.
   * @param options except: the id of one that goes on
   * @returns how many have ended
   * @throws as {@link list}; some may have ended then
   */
  async endAll(user: Authentication | UserName, options: { except?: string } = {}): Promise<number> {
    return endAllOf(this.#keeper.parts, user, options.except);
  }
}

/** For providers and controllers. Apps have no use for it, so it is not a member. */
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

/** What is allowed and seldom meant. */
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
