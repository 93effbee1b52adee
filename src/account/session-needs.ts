import { isOfPasswords } from '../authentication/brought-links';
import type { Constructor } from '../components/constructor';
import { ConfigurationError } from '../errors';
import type { SecondFactorInterface } from '../factors/second-factor';
import { takesSessions } from '../sessions/session-provider';
import { isSessionService, keeperOf, type SessionService } from '../sessions/session-service';
import { BasicProvider } from '../providers/basic';
import { isInstance } from '../util/instance';
import type { NeedsComponents, OwnNeeds } from './own-table';

/** The requirements of the routes of logins on the app. */
export interface SessionNeeds extends Omit<OwnNeeds, 'refuseUnmet'> {
  /** The name of the function that made the routes, for messages. */
  readonly call: string;
  readonly sessions: Constructor<SessionService>;
  /** True if they accept passwords. */
  readonly passwords: boolean;
  /** The second factors that they add to the logins of users who have them. */
  readonly secondFactors?: readonly Constructor<SecondFactorInterface>[];
}

/** Routes that start sessions need a provider that accepts them, and with passwords a provider that verifies them. */
export function sessionNeeds({
  call,
  sessions,
  passwords,
  secondFactors = [],
  ...rest
}: SessionNeeds): OwnNeeds {
  return {
    ...rest,
    refuseUnmet: (app) => {
      const { providers } = app;
      const service: unknown = app.resolve(sessions);
      if (!isSessionService(service)) {
        throw new ConfigurationError(`${call}: ${sessions.name} must extend SessionService`);
      }
      if (!providers.some((link) => takesSessions(link.get(), service))) {
        throw new ConfigurationError(
          `${call} starts sessions that no provider takes: decorate one, ` +
            `@AuthProvider(9) class Session extends SessionProvider, which hands ${sessions.name} to super()`,
        );
      }
      // Adding or removing a factor requires another factor if the user has one, whichever table the factor belongs to.
      for (const factor of secondFactors) keeperOf(service).secondFactors.add(factor);
      if (passwords && !providers.some(isOfPasswords)) {
        throw new ConfigurationError(
          `${call} takes passwords, and no provider proves them: add a PasswordProvider or LdapProvider, with ` +
            '`basic: false` where it is for this alone, or set `passwords: false`',
        );
      }
    },
  };
}

/** A warning if a password alone is a whole login, beside routes whose logins need a second factor. */
export function passwordAlone(
  call: string,
  secondFactors: readonly Constructor<SecondFactorInterface>[],
  { providers }: NeedsComponents,
): string | undefined {
  if (secondFactors.length === 0) return undefined;
  const basic = providers.find(({ get }) => {
    const provider: unknown = get();
    return isInstance<BasicProvider>(provider, BasicProvider) && provider.schemes.includes('basic');
  });
  if (basic === undefined) return undefined;
  return (
    `${call} asks for second factors, and ${basic.name} accepts a password alone in Authorization: Basic: ` +
    'set its option `basic: false`'
  );
}
