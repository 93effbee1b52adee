/** The login of the current request, for services that do not receive it as an argument. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Authentication } from '../core/authentication';
import { ConfigurationError } from '../errors';
import type { RequestState } from './request-state';

export class LoginContext {
  private readonly storage: AsyncLocalStorage<() => Authentication | undefined> | undefined;

  constructor(isOn: boolean) {
    this.storage = isOn ? new AsyncLocalStorage() : undefined;
  }

  get isOn(): boolean {
    return this.storage !== undefined;
  }

  /** Runs work of a request. A login that is decided later is visible too. */
  run<T>(state: RequestState, work: () => T): T {
    return this.runFor(() => loginIn(state), work);
  }

  /** Runs work for a caller whose login may change or end. */
  runFor<T>(find: () => Authentication | undefined, work: () => T): T {
    return this.storage === undefined ? work() : this.storage.run(find, work);
  }

  /** Runs work under any given login. @throws ConfigurationError while the context is off */
  runAs<T>(login: Authentication, work: () => T): T {
    return this.needed('runAs').run(() => login, work);
  }

  /** @throws ConfigurationError while the context is off: undefined would read as anonymous */
  current(call: string): Authentication | undefined {
    return this.needed(call).getStore()?.();
  }

  private needed(call: string): AsyncLocalStorage<() => Authentication | undefined> {
    if (this.storage !== undefined) return this.storage;
    throw new ConfigurationError(`${call}() needs the option \`security: { context: true }\``);
  }
}

/**
 * The login that has been decided already; undefined for an anonymous request, and for a login that is refused for its
 * origin.
 */
export function loginIn({ outcome }: RequestState): Authentication | undefined {
  return outcome?.kind === 'authenticated' ? outcome.authentication : undefined;
}
