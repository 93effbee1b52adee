import type { ServerResponse } from 'node:http';
import { appended } from '../util/appended';
import { rawResponse } from './raw';
import { NO_NAMES } from '../core/frozen-json';
import type { SecurityRequest } from '../core/request';
import { ServiceUnavailableError } from '../errors';

/** A request as it is handed to one provider, policy or hook: the same request under a signal of its own. */
export class RequestWithSignal implements SecurityRequest {
  private controller: AbortController | undefined;
  private reason: Error | undefined;

  /** The lower-case names of the headers that have been looked at. */
  headersRead: readonly string[] = NO_NAMES;

  constructor(private readonly request: SecurityRequest) {}

  get method(): string {
    return this.request.method;
  }

  get path(): string {
    return this.request.path;
  }

  get url(): string {
    return this.request.url;
  }

  get route(): string | undefined {
    return this.request.route;
  }

  get ip(): string {
    return this.request.ip;
  }

  get secure(): boolean {
    return this.request.secure;
  }

  get clientCertificate(): SecurityRequest['clientCertificate'] {
    return this.request.clientCertificate;
  }

  get action(): SecurityRequest['action'] {
    return this.request.action;
  }

  /** Made when somebody looks: most providers answer before anything could be aborted. */
  get signal(): AbortSignal {
    this.controller ??= this.watched();
    if (this.reason !== undefined) this.controller.abort(this.reason);
    return this.controller.signal;
  }

  header(name: string): string | undefined {
    const lowerCase = name.toLowerCase();
    if (!this.headersRead.includes(lowerCase)) this.headersRead = appended(this.headersRead, lowerCase);
    return this.request.header(lowerCase);
  }

  cookie(name: string): string | undefined {
    if (!this.headersRead.includes('cookie')) this.headersRead = appended(this.headersRead, 'cookie');
    return this.request.cookie(name);
  }

  /** Aborts too when the client has gone: nobody waits for the work any more. */
  private watched(): AbortController {
    const response: Partial<ServerResponse> | undefined = rawResponse(this.request.action);
    const ended = () => {
      if (response?.writableFinished !== true) this.abort(new ServiceUnavailableError());
    };
    // It may have gone while a store was asked, and is not told of again.
    if (response?.destroyed === true) ended();
    else response?.once?.('close', ended);
    return new AbortController();
  }

  abort(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }
}
