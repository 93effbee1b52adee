import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { isScope } from '../util/scope-name';

/**
 * The scopes that a strategy states beside its user, as `info.scope`: a text with spaces between them, or a list.
 * Undefined where it states none.
 * @throws TypeError for what is no scope: a limit that cannot be understood is not the same as none
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

/** A login that the app states itself; what it does not state of scopes and methods is the strategy's. */
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
