import type { SecurityError, SecurityErrorCode } from '../errors';

/** The refusal that a socket.io client gets: the members of the HTTP error response, and its `Retry-After`. */
export interface RefusalData {
  readonly name: string;
  readonly code: SecurityErrorCode;
  readonly message: string;
  /** On 429 and 503: the seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/** @param error with the headers of its error response */
export function refusalData({ name, code, message, headers }: SecurityError): RefusalData {
  const retryAfter = headers['Retry-After'];
  const data = { name, code, message };
  return typeof retryAfter === 'string' ? { ...data, retryAfterSeconds: Number(retryAfter) } : data;
}
