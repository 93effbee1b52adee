import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { isScope } from '../util/scope-name';

/**
 * The scopes that a strategy states as `info.scope`: a string with spaces between the scopes, or a list. Undefined if
 * it states no scopes.
 * @throws TypeError for invalid scopes: an unreadable limit must not count as no limit
 */
export function statedScopes(info: unknown): readonly string[] | undefined {
  if (typeof info !== 'object' || info === null) return undefined;
  const { scope } = info as { scope?: unknown };
  if (scope === undefined) return undefined;
  const scopes: readonly unknown[] | undefined =
    typeof scope === 'string'
      ? scope.split(' ').filter((name) => name !== '')
      : Array.isArray(scope)
        ? Array.from(scope as unknown[])
        : undefined;
  if (scopes?.every(isScope) === true) return Object.freeze([...scopes]);
  throw new TypeError('info.scope of a strategy must be a text of scopes, or a list of them');
}

/** Completes a login that the app states itself: scopes and methods that it does not state are the strategy's. */
export function withScopes<U extends User>(
  login: Authentication<U>,
  scopes: readonly string[] | undefined,
  methods: readonly string[],
): Authentication<U> {
  const isMissing = login.scopes === undefined && scopes !== undefined;
  if (!isMissing && (login.methods.length > 0 || methods.length === 0)) return login;
  return new Authentication(login.user, {
    ...(Authentication.isTimeStated(login) && { authenticatedAt: login.authenticatedAt ?? null }),
    methods: login.methods.length > 0 ? login.methods : methods,
    factors: Authentication.statedFactors(login),
    scopes: login.scopes ?? scopes,
    roles: login.roles,
    isBound: login.isBound,
    expiresAt: login.expiresAt,
    acceptedUntil: Authentication.acceptedUntil(login),
    claims: login.claims,
    stamp: login.stamp,
    familyId: login.familyId,
    sessionId: login.sessionId,
    replyHeaders: login.replyHeaders,
  });
}
