/**
 * Names the library's events by OWASP's Application Logging Vocabulary. An event without a counterpart gets no name: a
 * request that repeats an earlier login is no login.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html
 */
import type { FailedEvent, SecurityEvent } from '../core/events';

export type OwaspLevel = 'INFO' | 'WARN' | 'CRITICAL';

export interface OwaspName {
  readonly name: string;
  readonly level: OwaspLevel;
}

const named = (name: string, level: OwaspLevel): OwaspName => ({ name, level });

const LOGIN_FAIL = named('authn_login_fail', 'WARN');
const TOKEN_CREATED = named('authn_token_created', 'INFO');
const TOKEN_REVOKED = named('authn_token_revoked', 'INFO');
const USER_UPDATED = named('user_updated', 'WARN');
const SESSION_EXPIRED = named('session_expired', 'INFO');

/** Undefined for an event that the vocabulary has no name for. */
export function owaspNameOf(event: SecurityEvent): OwaspName | undefined {
  switch (event.type) {
    case 'authenticated':
      return event.provedBy === 'login' ? named('authn_login_success', 'INFO') : undefined;
    case 'failed':
      return ofFailure(event);
    case 'denied':
      if (event.code === 'wrong_password') return named('authn_password_change_fail', 'CRITICAL');
      return named('authz_fail', 'CRITICAL');
    case 'password_changed':
      return named('authn_password_change', 'INFO');
    case 'token_reused':
      return named('authn_token_reuse', 'CRITICAL');
    case 'tokens_ended':
    case 'key_ended':
      return TOKEN_REVOKED;
    case 'key_created':
      return TOKEN_CREATED;
    case 'logged_in':
      return named('session_created', 'INFO');
    case 'logged_out':
    case 'session_ended':
      return SESSION_EXPIRED;
    case 'factor_added':
    case 'factor_removed':
      return USER_UPDATED;
    case 'factor_failed':
      return LOGIN_FAIL;
    case 'factor_closed':
      return named('authn_login_lock', 'WARN');
    default:
      return undefined;
  }
}

/** A request without credentials is not a failed login, and neither is an undecided one. */
function ofFailure({ code }: FailedEvent): OwaspName | undefined {
  if (code === 'too_many_attempts') return named('authn_login_fail_max', 'WARN');
  const isWrong =
    code === 'invalid_credentials' || code === 'malformed_credentials' || code === 'invalid_request';
  return isWrong ? LOGIN_FAIL : undefined;
}
