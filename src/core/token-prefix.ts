import { ConfigurationError } from '../errors';
import { hiddenProperty } from '../util/hidden-property';
import type { AppFacts, AuthProviderInterface } from './auth-provider';

/** The prefixes of the tokens or keys that only this provider accepts. */
interface Claimed {
  readonly prefixes: readonly string[];
  /** The issuer of the tokens or keys: two providers with the same maker share their prefixes. */
  readonly maker: object;
}

const CLAIMED = hiddenProperty<Claimed>();

export function claimPrefixes(
  provider: AuthProviderInterface,
  prefixes: readonly string[],
  maker: object,
): void {
  CLAIMED.set(provider, { prefixes, maker });
}

/**
 * Makes sure that the prefix of a token or key identifies its provider.
 * @throws ConfigurationError if a token or key of another provider of the app may begin in the same way
 */
export function refuseSharedPrefixes(provider: AuthProviderInterface, { providers }: AppFacts): void {
  const own = CLAIMED.get(provider);
  if (own === undefined) return;
  for (const other of providers) {
    const others = CLAIMED.get(other);
    if (others === undefined || others.maker === own.maker) continue;
    const shared = own.prefixes.find((one) => others.prefixes.some((two) => isShared(one, two)));
    if (shared === undefined) continue;
    throw new ConfigurationError(
      `${nameOf(provider)}: ${nameOf(other)} takes texts that begin like ${JSON.stringify(shared)} too: give them ` +
        'prefixes of which none begins another',
    );
  }
}

function isShared(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

function nameOf({ name, constructor }: AuthProviderInterface): string {
  return name ?? constructor.name;
}
