/** The apps that a service works in: who is asked for users, and hears of what happens. */
import type { IncomingMessage } from 'node:http';
import type { AppFacts } from './auth-provider';
import type { Problem, ServiceEvent } from './events';
import type { SecurityRequest } from './request';
import { ConfigurationError } from '../errors';

const apps = new WeakMap<SecurityRequest, AppFacts>();

/** States which app a request came to. */
export function noteApp(request: SecurityRequest, app: AppFacts): void {
  apps.set(request, app);
}

export class Apps {
  readonly #service: string;
  readonly #provider: string;
  /** In the order of their starts. */
  readonly #apps = new Set<AppFacts>();
  #last: AppFacts | undefined;
  #unheard: Problem | undefined;

  /** @param service its kind, and that of the provider that takes it: for messages */
  constructor(service: string, provider: string) {
    this.#service = service;
    this.#provider = provider;
  }

  start(app: AppFacts): void {
    this.#apps.add(app);
    this.#last = app;
    const unheard = this.#unheard;
    this.#unheard = undefined;
    if (unheard !== undefined) app.report(unheard);
  }

  /** That of the request where the library knows it, else the one that started last. */
  of(request?: SecurityRequest): AppFacts | undefined {
    return (request && apps.get(request)) ?? this.#last;
  }

  /** @throws ConfigurationError where there is none */
  need(call: string, request?: SecurityRequest): AppFacts {
    const app = this.of(request);
    if (app !== undefined) return app;
    throw new ConfigurationError(
      `${this.#service}.${call}() asks the app for the user, and no app has started yet: hand the service to a ` +
        `${this.#provider} of the app, and call it once the server is created`,
    );
  }

  /** The request of an action that runs now, in whichever of the apps; undefined for no such request. */
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

  /** The last one before any app has started waits for the first. */
  report(problem: Problem): void {
    if (this.#last === undefined) this.#unheard = problem;
    else this.#last.report(problem);
  }
}
