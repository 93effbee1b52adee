import type { SecurityError, SecurityErrorCode } from '../errors';

/** What a client of socket.io is told of a refusal: what an HTTP client finds in its body, and `Retry-After`. */
export interface RefusalData {
  readonly name: string;
  readonly code: SecurityErrorCode;
  readonly message: string;
  /** On 429 and 503: after how many seconds trying again makes sense. */
  readonly retryAfterSeconds?: number;
}

/** @param error with the headers of its reply */
export function refusalData({ name, code, message, headers }: SecurityError): RefusalData {
  const retryAfter = headers['Retry-After'];
  const data = { name, code, message };
  return typeof retryAfter === 'string' ? { ...data, retryAfterSeconds: Number(retryAfter) } : data;
}
