/**
 * Decides whether a login that was given earlier still counts, for connections that outlive their request, such as a
 * socket. The credentials are not presented again: a proof or a ticket is valid once, and a password costs a hash and
 * an attempt.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { stampOf } from '../core/stamp';
import { isUser, type User, userIdOf } from '../core/user';
import { type MaybePromise, type UserstoreInterface, userstoreOf } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, type SecurityError } from '../errors';
import type { HttpSecurityRequest } from '../http/security-request';
import { attempted, chained } from '../util/maybe-promise';
import { type Ask, Asked } from './asked';
import type { Answer, ChainLink, ChainOptions, Login } from './chain';
import { refusalFor, type Verdict } from './verdicts';

/** A login as the library gave it earlier. */
export interface KnownLogin {
  readonly login: Login;
  /** The request that authenticated it. */
  readonly request: HttpSecurityRequest;
  /** The permanent id of its user: the store may change the record that it gave. */
  readonly id: string | undefined;
}

export interface RecheckOptions extends ChainOptions {
  /** Called for each recheck, as for a provider that was asked. */
  readonly onRecheck: (request: SecurityRequest, verdict: Verdict, error: SecurityError | undefined) => void;
}

/** The result of a recheck; an error is created anew each time. */
export type Recheck =
  | { readonly kind: 'holds'; readonly login: Login }
  | { readonly kind: 'ended'; readonly why: 'expired' | 'inactive' | 'revoked'; error(): SecurityError }
  /** It is unknown whether the login still holds. */
  | { readonly kind: 'undecided'; error(): SecurityError };

/** Never rejects because of a provider or a store. */
export function recheckLogin(known: KnownLogin, options: RecheckOptions): MaybePromise<Recheck> {
  const { login, request } = known;
  const { authentication } = login;
  const acceptedUntil = Authentication.acceptedUntil(authentication);
  // Written so that an invalid date counts as passed.
  if (acceptedUntil !== undefined && !(options.clock() < acceptedUntil.getTime())) {
    return {
      kind: 'ended',
      why: 'expired',
      error: () => new BadCredentialsError({ cause: new Error(EXPIRED) }),
    };
  }
  return chained(
    attempted(() => answerOf(known, options)),
    (answer) => {
      const result = judged(known, answer);
      const verdict: Verdict = {
        provider: login.provider,
        credentials: [],
        verdict: result.kind === 'holds' ? 'authenticated' : verdictOf(answer),
        error: 'error' in answer ? answer.error : undefined,
      };
      options.onRecheck(request, verdict, result.kind === 'holds' ? undefined : result.error());
      return result;
    },
  );
}

function answerOf({ login, request }: KnownLogin, options: RecheckOptions): MaybePromise<Answer> {
  const { authentication } = login;
  let link: ChainLink | undefined;
  let provider: AuthProviderInterface | undefined;
  try {
    link = options.links().find(({ name }) => name === login.provider);
    provider = link?.get();
  } catch (error) {
    return { verdict: 'bug', error };
  }
  if (link === undefined || provider === undefined) {
    return { verdict: 'bad_credentials', error: new BadCredentialsError({ cause: new Error(GONE) }) };
  }
  if (provider.recheck === undefined && login.origin === undefined) {
    // A user of no store stays valid until the credential expires.
    return { verdict: 'authenticated', grant: login };
  }
  const ask: Ask =
    provider.recheck === undefined
      ? (_provider, _request, userstore) => userOfStore(login, userstore)
      : (asked, own, userstore) => asked.recheck?.(authentication, own, userstore);
  return new Asked(link, request, options, authentication).answer(provider, ask);
}

/** The store's current user, for a provider that does not recheck its logins itself. */
function userOfStore(
  { authentication: { user, stamp }, origin }: Login,
  userstore: UserstoreInterface,
): MaybePromise<User> {
  return chained(userstore.getUser(user.username), (found) => {
    if (found === null || found === undefined) throw new BadCredentialsError({ cause: new Error(UNKNOWN) });
    // The chain reports a value that is not a user, and refuses an inactive user.
    if (!isUser(found)) return found;
    const home = userstoreOf(userstore, found);
    if (home?.isActive === false) throw new AccountStatusError();
    if (home?.name !== origin?.name) throw new BadCredentialsError({ cause: new Error(ANOTHER) });
    if (stampOf(found) !== stamp) throw new BadCredentialsError({ cause: new Error(CHANGED) });
    return found;
  });
}

function judged(known: KnownLogin, answer: Answer): Recheck {
  if (answer.verdict === 'authenticated') {
    if (isSamePerson(known, answer.grant)) return { kind: 'holds', login: answer.grant };
    const error = (): SecurityError => new BadCredentialsError({ cause: new Error(ANOTHER) });
    return { kind: 'ended', why: 'revoked', error };
  }
  const verdict = verdictOf(answer);
  const { error: cause } = answer;
  const error = (): SecurityError =>
    refusalFor([{ provider: known.login.provider, credentials: [], verdict, error: cause }], false);
  if (verdict === 'throttled' || error().httpCode >= 500) return { kind: 'undecided', error };
  return { kind: 'ended', why: verdict === 'inactive' ? 'inactive' : 'revoked', error };
}

/** A provider that accepted the login once and does not recognise it now counts as having refused it. */
function verdictOf({ verdict }: Answer): Verdict['verdict'] {
  return verdict === 'no_credentials' || verdict === 'authenticated' ? 'bad_credentials' : verdict;
}

function isSamePerson({ login, id }: KnownLogin, grant: Login): boolean {
  if (grant === login) return true;
  return (
    grant.authentication.user.username === login.authentication.user.username &&
    grant.origin?.name === login.origin?.name &&
    userIdOf(grant.record) === id
  );
}

const EXPIRED = 'The credential of the login has ended';
const GONE = 'The app has no provider of that name any more';
const UNKNOWN = 'The user of the login does not exist any more';
const ANOTHER = 'The user of that name is not the one of the login';
const CHANGED = 'The tokensValidFrom of the user has changed since the login';
