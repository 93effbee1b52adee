import { DeadlinePassedError } from '../http/deadline';
import { ServiceUnavailableError } from '../errors';

/**
 * The result codes by which a directory refuses a login: invalidCredentials, unwillingToPerform (389 Directory Server
 * and FreeIPA for a disabled account) and constraintViolation (the same two for a locked account).
 */
const REFUSED_LOGIN = new Set<number | undefined>([49, 53, 19]);
const SIZE_LIMIT_EXCEEDED = 4;
const WORDS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names than the host of the url',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted: name the authority by `ca`',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted: name the authority by `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted: name the authority by `ca`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted: name the authority by `ca`',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host does not exist',
};
const RESULTS: Readonly<Record<number, string>> = {
  1: 'operations error: does it want a bind before searches?',
  4: 'it found more entries than it gives at once',
  8: 'it wants a stronger authentication: does it allow passwords over this connection?',
  10: 'it refers to another server, which is not followed',
  13: 'it wants an encrypted connection',
  32: 'the entry does not exist: is baseDn right?',
  34: 'it takes a name of the options for no distinguished name',
  50: 'the account may not search there',
  51: 'it is busy',
  52: 'it is unavailable',
};

/** The directory refuses the app's own account. */
export class InvalidServiceLogin extends Error {
  override readonly name = 'InvalidServiceLogin';
  override readonly message = 'it refuses bindDn, or bindPassword';
}

/** The app's own account must change its password before any other operation. */
export class OutdatedServiceLogin extends Error {
  override readonly name = 'OutdatedServiceLogin';
  override readonly message = 'it wants the password of bindDn changed first';
}

/** The result code of the server; undefined for a network error. */
export function resultOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** True when the directory refused the login of a bind; false for a fault of the directory. */
export function isRefusedLogin(error: unknown): boolean {
  return REFUSED_LOGIN.has(resultOf(error));
}

/** True when a server found more entries than its size limit. */
export function saysTooMany(error: unknown): boolean {
  return answerIn(error) === SIZE_LIMIT_EXCEEDED;
}

/** True when a server answers that an entry does not exist or cannot exist: noSuchObject, invalidDNSyntax. */
export function saysNoSuchName(error: unknown): boolean {
  return [32, 34].includes(answerIn(error) ?? 0);
}

/** The result code in an error that {@link unavailable} made. */
function answerIn(error: unknown): number | undefined {
  const { cause } = ((error as { cause?: unknown } | undefined)?.cause ?? {}) as { cause?: unknown };
  return resultOf(cause);
}

/** The error for a failed request to the directory, with the reason for the log. */
export function unavailable(url: string, error: unknown): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(`${url}: ${reason(error)}`, { cause: error }) });
}

function reason(error: unknown): string {
  if (error instanceof DeadlinePassedError) return 'no answer in time';
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'number') {
    return RESULTS[code] ?? `it answered with result ${String(code)}`;
  }
  const known = typeof code === 'string' ? WORDS[code] : undefined;
  return known ?? (typeof message === 'string' ? message.split('\n')[0] : undefined) ?? 'no answer';
}
