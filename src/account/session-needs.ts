import { isOfPasswords } from '../authentication/brought-links';
import type { ChainLink } from '../authentication/chain';
import type { Constructor } from '../components/constructor';
import { ConfigurationError } from '../errors';
import { takesSessions } from '../sessions/session-provider';
import { isSessionService, type SessionService } from '../sessions/session-service';

/** What a controller of logins needs of the app. */
export interface SessionNeeds {
  /** How the app calls it, for messages. */
  readonly controller: string;
  readonly sessions: Constructor<SessionService>;
  /** True where it takes passwords. */
  readonly passwords: boolean;
  /**
   * What the start says of a route of the controller; undefined for nothing.
   * @throws ConfigurationError for a route that it cannot have
   */
  readonly announce?: (route: string) => string | undefined;
}

const made = new WeakMap<object, SessionNeeds>();

export function noteNeeds(controller: Constructor<object>, needs: SessionNeeds): void {
  made.set(controller, needs);
}

/** @throws ConfigurationError where a controller would start sessions that nobody takes, or take passwords that nobody proves */
export function refuseUnmetNeeds(
  target: object,
  links: readonly ChainLink[],
  resolve: <T>(cls: Constructor<T>) => T,
): void {
  const needs = made.get(target);
  if (needs === undefined) return;
  const { controller, sessions, passwords } = needs;
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
  if (passwords && !links.some(isOfPasswords)) {
    throw new ConfigurationError(
      `${controller} takes passwords, and no provider proves them: add a PasswordProvider or LdapProvider, with ` +
        '`basic: false` where it is for this alone, or set `passwords: false`',
    );
  }
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
