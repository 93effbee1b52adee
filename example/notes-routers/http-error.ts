import { SecurityError } from 'securest/routers';

/** The error that a handler throws to answer with a status in place of a result. */
export class HttpError extends Error {
  /** The message may be sent to the client. */
  readonly expose = true;

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: object;
}

/** The reply to an error of a handler or a body parser; undefined for a fault, which the host answers and logs. */
export function replyOf(error: unknown): ErrorReply | undefined {
  if (error instanceof SecurityError) return { status: error.status, headers: error.headers, body: error };
  const { status, expose, message } = (error ?? {}) as Partial<HttpError>;
  if (status === undefined || status < 400 || status > 499 || expose !== true) return undefined;
  return { status, headers: {}, body: { message } };
}
