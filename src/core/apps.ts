/** The apps that use a service: the service asks them for users and reports events to them. */
import type { IncomingMessage } from 'node:http';
import type { AppFacts } from './auth-provider';
import type { Problem, ServiceEvent } from './events';
import type { SecurityRequest } from './request';
import { ConfigurationError } from '../errors';

const apps = new WeakMap<SecurityRequest, AppFacts>();

/** Records the app that a request came to. */
export function noteApp(request: SecurityRequest, app: AppFacts): void {
  apps.set(request, app);
}

export class Apps {
  /** The kind of the service, for messages. */
  readonly service: string;
  readonly #provider: string;
  /** In the order of their starts. */
  readonly #apps = new Set<AppFacts>();
  #last: AppFacts | undefined;
  #unheard: Problem | undefined;

  /** @param provider the kind of the service's provider */
  constructor(service: string, provider: string) {
    this.service = service;
    this.#provider = provider;
  }

  start(app: AppFacts): void {
    this.#apps.add(app);
    this.#last = app;
    const unheard = this.#unheard;
    this.#unheard = undefined;
    if (unheard !== undefined) app.report(unheard);
  }

  /** The app of the request if the library knows it, else the app that started last. */
  of(request?: SecurityRequest): AppFacts | undefined {
    return (request && apps.get(request)) ?? this.#last;
  }

  /** @throws ConfigurationError if no app has started */
  need(call: string, request?: SecurityRequest): AppFacts {
    const app = this.of(request);
    if (app !== undefined) return app;
    throw new ConfigurationError(
      `${this.service}.${call}() asks the app for the user, and no app has started yet: hand the service to a ` +
        `${this.#provider} of the app, and call it once the server is created`,
    );
  }

  /** Finds the request of a running action in any of the apps; undefined if no app knows it. */
  requestOf(raw: IncomingMessage): SecurityRequest | undefined {
    for (const app of this.#apps) {
      const request = app.requestOf(raw);
      if (request === undefined) continue;
      noteApp(request, app);
      return request;
    }
    return undefined;
  }

  emit(event: ServiceEvent, userstore: string | undefined, request?: SecurityRequest): void {
    this.of(request)?.emit(event, { userstore, request });
  }

  /** Before any app has started, the last problem waits for the first app. */
  report(problem: Problem): void {
    if (this.#last === undefined) this.#unheard = problem;
    else this.#last.report(problem);
  }
}
