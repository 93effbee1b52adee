import { isOfPasswords } from '../authentication/brought-links';
import type { ChainLink } from '../authentication/chain';
import type { Constructor } from '../components/constructor';
import type { AppFacts } from '../core/auth-provider';
import { ConfigurationError } from '../errors';
import type { SecondFactorInterface } from '../factors/second-factor';
import { takesSessions } from '../sessions/session-provider';
import { isSessionService, keeperOf, type SessionService } from '../sessions/session-service';

/** What a controller of logins needs of the app. */
export interface SessionNeeds {
  /** How the app calls it, for messages. */
  readonly controller: string;
  readonly sessions: Constructor<SessionService>;
  /** True where it takes passwords. */
  readonly passwords: boolean;
  /** What it adds to the logins of users who have it. */
  readonly secondFactors?: readonly Constructor<SecondFactorInterface>[];
  /** Called when a server with the controller has started. @throws ConfigurationError where a service is none of its kind */
  readonly onStart?: (app: AppFacts, resolve: Resolve) => void;
  /**
   * What the start says of a route of the controller; undefined for nothing.
   * @throws ConfigurationError for a route that it cannot have
   */
  readonly announce?: (route: string) => string | undefined;
}

type Resolve = <T>(cls: Constructor<T>) => T;

const made = new WeakMap<object, SessionNeeds>();

export function noteNeeds(controller: Constructor<object>, needs: SessionNeeds): void {
  made.set(controller, needs);
}

/** @throws ConfigurationError where a controller would start sessions that nobody takes, or take passwords that nobody proves */
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
  // Whoever may add or remove one of the factors proves another one where there is one, whichever controller it is of.
  for (const factor of secondFactors) keeperOf(service).secondFactors.add(factor);
  if (passwords && !links.some(isOfPasswords)) {
    throw new ConfigurationError(
      `${controller} takes passwords, and no provider proves them: add a PasswordProvider or LdapProvider, with ` +
        '`basic: false` where it is for this alone, or set `passwords: false`',
    );
  }
}

/** Starts the services of such a controller. */
export function startServices(target: object, app: AppFacts, resolve: Resolve): void {
  made.get(target)?.onStart?.(app, resolve);
}

/**
 * What the start says of the routes of such controllers.
 * @throws ConfigurationError where two say the same, which only one of them could answer
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
