/**
 * The HttpError of the app's own copy of routing-controllers, whose Koa driver sets the status only for this class. If
 * routing-controllers is not installed, a class of the same shape.
 */

export interface HttpErrorShape extends Error {
  /** The status of the reply. */
  httpCode: number;
}

/** The shape alone, so that the declarations can be read without routing-controllers. */
export type HttpErrorClass = new (httpCode: number, message?: string) => HttpErrorShape;

class StandIn extends Error implements HttpErrorShape {
  constructor(
    public httpCode: number,
    message?: string,
  ) {
    super(message);
  }
}

export const HttpError: HttpErrorClass = load() ?? StandIn;

function load(): HttpErrorClass | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an app may have another host
    return (require('routing-controllers') as { readonly HttpError: HttpErrorClass }).HttpError;
  } catch (error) {
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    // The missing package may also be a dependency of routing-controllers.
    if (code === 'MODULE_NOT_FOUND' && String(message).includes("'routing-controllers'")) return undefined;
    throw error;
  }
}
