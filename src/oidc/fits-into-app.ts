/**
 * Checks all providers of an app together, so that no token reaches the wrong provider and no two users are taken for
 * one.
 */
import { type AppFacts, type AuthProviderInterface, credentialsOf } from '../core/auth-provider';
import { ConfigurationError } from '../errors';

/** The settings that an AccessTokenProvider shows to other providers of its kind. */
export interface TokenUsers {
  readonly users: 'userstore' | 'claims';
  readonly userPrefix: string;
  /** True if the app itself finds the users of tokens. */
  readonly findsUsers: boolean;
}

export interface Placed extends TokenUsers {
  readonly provider: AuthProviderInterface;
  readonly name: string;
  readonly issuer: string;
  /** True if every token that is no JWT is sent to the issuer. */
  readonly takesAllOpaque: boolean;
  /** The settings of another provider; undefined if it is not an AccessTokenProvider. */
  usersOf(provider: AuthProviderInterface): TokenUsers | undefined;
}

/** @throws ConfigurationError that names the provider and the remedy */
export function refuseMisplaced(placed: Placed, app: AppFacts): void {
  refuseSecondOfIssuer(placed, app);
  refuseLaterReaders(placed, app);
  refuseMixedUsers(placed, app);
}

function refuseSecondOfIssuer({ provider, name, issuer }: Placed, { providers }: AppFacts): void {
  const twin = providers.find((other) => other !== provider && other.describe?.().issuer === issuer);
  if (twin === undefined) return;
  throw new ConfigurationError(
    `${name}: ${nameOf(twin)} takes tokens of ${issuer} too: let one provider take them, with the audiences of both`,
  );
}

/** The keys of later providers would be sent to the issuer, and an outage of the issuer would stop those providers. */
function refuseLaterReaders({ provider, name, takesAllOpaque }: Placed, { providers }: AppFacts): void {
  if (!takesAllOpaque) return;
  const later = providers.slice(providers.indexOf(provider) + 1).find((other) => {
    const { schemes } = other;
    return schemes === undefined
      ? credentialsOf(other).includes('authorization')
      : schemes.includes('bearer');
  });
  if (later === undefined) return;
  throw new ConfigurationError(
    `${name}: every token that is no JWT is sent to the issuer, also those of ${nameOf(later)}: put that provider in ` +
      'front, or set introspection.prefix to what the tokens of the issuer begin with',
  );
}

/** Users of two issuers with the same name would be one user. */
function refuseMixedUsers(placed: Placed, { providers, userstores }: AppFacts): void {
  if (placed.findsUsers) return;
  const ofAll = providers
    .filter((other) => other !== placed.provider)
    .flatMap((other) => placed.usersOf(other) ?? []);
  const others = ofAll.filter(({ users }) => users === placed.users);
  const isNeeded =
    placed.users === 'userstore' ? others.length > 0 : others.length > 0 || userstores.length > 0;
  if (!isNeeded) return;
  // Users of the other kind have names in the store; only their prefix is known here.
  const isPart = ofAll.some(
    ({ users, userPrefix, findsUsers }) =>
      !findsUsers &&
      (users === placed.users || userPrefix !== '') &&
      (userPrefix.startsWith(placed.userPrefix) || placed.userPrefix.startsWith(userPrefix)),
  );
  if (placed.userPrefix !== '' && !isPart) return;
  const beside = others.length > 0 ? 'another provider of tokens' : 'a userstore';
  throw new ConfigurationError(
    `${placed.name}: beside ${beside} its users need names of their own: set userPrefix, such as 'company:', to a text ` +
      'that no other user name begins with, and that is not part of the userPrefix of another provider, or override findUser()',
  );
}

function nameOf({ name, constructor }: AuthProviderInterface): string {
  return name ?? constructor.name;
}
