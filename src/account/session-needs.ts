import { isOfPasswords } from '../authentication/brought-links';
import type { ChainLink } from '../authentication/chain';
import type { Constructor } from '../components/constructor';
import type { AppFacts } from '../core/auth-provider';
import { ConfigurationError } from '../errors';
import type { SecondFactorInterface } from '../factors/second-factor';
import { takesSessions } from '../sessions/session-provider';
import { isSessionService, keeperOf, type SessionService } from '../sessions/session-service';

/** The requirements of a login controller on the app. */
export interface SessionNeeds {
  /** The name of its factory, for messages. */
  readonly controller: string;
  readonly sessions: Constructor<SessionService>;
  /** True if it accepts passwords. */
  readonly passwords: boolean;
  /** The second factors that it adds to the logins of users who have them. */
  readonly secondFactors?: readonly Constructor<SecondFactorInterface>[];
  /**
   * Called when a server with the controller has started.
   * @throws ConfigurationError when a service does not have the required class
   */
  readonly onStart?: (app: AppFacts, resolve: Resolve) => void;
  /**
   * The line that is printed at the start for a route of the controller; undefined if there is no line.
   * @throws ConfigurationError for an invalid route
   */
  readonly announce?: (route: string) => string | undefined;
}

type Resolve = <T>(cls: Constructor<T>) => T;

const made = new WeakMap<object, SessionNeeds>();

export function noteNeeds(controller: Constructor<object>, needs: SessionNeeds): void {
  made.set(controller, needs);
}

/**
 * @throws ConfigurationError when a controller would start sessions that no provider accepts, or accept passwords that
 * no provider verifies
 */
export function refuseUnmetNeeds(target: object, links: readonly ChainLink[], resolve: Resolve): void {
  const needs = made.get(target);
  if (needs === undefined) return;
  const { controller, sessions, passwords, secondFactors = [] } = needs;
  const service: unknown = resolve(sessions);
  if (!isSessionService(service)) {
    throw new ConfigurationError(`${controller}: ${sessions.name} must extend SessionService`);
  }
  if (!links.some((link) => takesSessions(link.get(), service))) {
    throw new ConfigurationError(
      `${controller} starts sessions that no provider takes: decorate one, ` +
        `@AuthProvider(9) class Session extends SessionProvider, which hands ${sessions.name} to super()`,
    );
  }
  // Adding or removing a factor requires another factor if the user has one, whichever controller the factor belongs
  // to.
  for (const factor of secondFactors) keeperOf(service).secondFactors.add(factor);
  if (passwords && !links.some(isOfPasswords)) {
    throw new ConfigurationError(
      `${controller} takes passwords, and no provider proves them: add a PasswordProvider or LdapProvider, with ` +
        '`basic: false` where it is for this alone, or set `passwords: false`',
    );
  }
}

/** Starts the services of a login controller. */
export function startServices(target: object, app: AppFacts, resolve: Resolve): void {
  made.get(target)?.onStart?.(app, resolve);
}

/**
 * The lines that are printed at the start for the routes of login controllers.
 * @throws ConfigurationError when two controllers have the same line: only one of them could answer the route
 */
export function announcements(routes: readonly { target: object; route: string }[]): readonly string[] {
  const lines: string[] = [];
  for (const { target, route } of routes) {
    const needs = made.get(target);
    const line = needs?.announce?.(route);
    if (needs === undefined || line === undefined) continue;
    if (lines.includes(line)) {
      throw new ConfigurationError(`${needs.controller}: two have the same \`path\`, ${route}`);
    }
    lines.push(line);
  }
  return lines;
}
