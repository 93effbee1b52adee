import type { ServerResponse } from 'node:http';
import { appended } from '../util/appended';
import { rawResponse } from './raw';
import { NO_NAMES } from '../core/frozen-json';
import type { SecurityRequest } from '../core/request';
import { ServiceUnavailableError } from '../errors';

/** A request as one provider, policy or hook receives it: the same request with a signal of its own. */
export class RequestWithSignal implements SecurityRequest {
  private controller: AbortController | undefined;
  private reason: Error | undefined;

  /** The lower-case names of the headers that have been read. */
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

  /** Created on the first read: most providers answer before they could be aborted. */
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

  /** Also aborts if the client has gone: the result of the work is no longer needed. */
  private watched(): AbortController {
    const response: Partial<ServerResponse> | undefined = rawResponse(this.request.action);
    const ended = () => {
      if (response?.writableFinished !== true) this.abort(new ServiceUnavailableError());
    };
    // The client may have gone while a store was asked; the event is not repeated.
    if (response?.destroyed === true) ended();
    else response?.once?.('close', ended);
    return new AbortController();
  }

  abort(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }
}
