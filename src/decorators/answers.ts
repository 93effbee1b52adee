/**
 * The parameters that an instance of the library answers. A decorator writes down how its value is read; when a server
 * is prepared, each parameter of its actions is bound to the instance that secures the server.
 */
import type { ResourceStoreClass } from '../core/access';
import type { Proof } from '../authentication/brought-links';
import type { AppFacts } from '../core/auth-provider';
import type { Action } from '../core/exchange';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { SecurityFaultError } from '../errors';

/** What an instance answers for the parameters of one action. */
export interface Answers {
  /** The login of the request, with the userstore's user where the store has the very same. */
  authentication(action: Action): Promise<Authentication | undefined>;
  resource(action: Action, store: ResourceStoreClass, parameter: string): Promise<object | null | undefined>;
  /** Changes the password of the user who is logged in; the login that the current password proved. */
  changePassword(action: Action, body: unknown, minLength: number): Promise<Authentication>;
  /**
   * The login that a password proves, by the app's password providers in their order: throttled, timed and told as in the
   * chain. It rejects with the refusal, whose only challenge is `Session`.
   */
  provePassword(action: Action, credentials: { username: string; password: string }): Promise<Authentication>;
  /**
   * The login that a proof of the library's own gives, judged as those of a provider.
   * @param name for events and logs
   */
  prove(action: Action, name: string, proof: Proof): Promise<Authentication>;
  /** @throws CrossSiteError where a page of a foreign site may have sent a request that changes something */
  refuseCrossSite(action: Action): void;
  /** The route of the action, with the prefix of its server. */
  route(): string;
  /** The page where people log in, by the option. */
  loginPage(): string | undefined;
  /** The request of an action as providers see it. */
  request(action: Action): SecurityRequest;
  /** The app as providers and their services know it. */
  app(): AppFacts;
  /** An instance of the app's, from the container. */
  resolve<T>(cls: new (...args: never[]) => T): T;
  /** What the work answers. Whatever goes wrong rejects with an error of the family, and is in the log. */
  settle<T>(work: () => Promise<T>): Promise<T>;
}

type Read = (answers: Answers, action: Action) => unknown;

/** How values are read, by the function that the host keeps of a parameter until it is bound. */
const reads = new WeakMap<object, Read>();

/**
 * The value of a parameter, for `createParamDecorator`.
 * @param decorator for the error on a server that no instance has prepared
 */
export function answered(decorator: string, read: Read): (action: Action) => never {
  const unbound = (): never => {
    throw new SecurityFaultError({ cause: new Error(`${decorator} on a server without securest`) });
  };
  reads.set(unbound, read);
  return unbound;
}

/** A parameter as the host keeps it, of one server alone. */
interface BoundParameter {
  transform?: ((action: Action) => unknown) | undefined;
}

/** Binds the parameters of an action to the instance that answers for them. */
export function bindParameters(params: readonly BoundParameter[], answers: () => Answers): void {
  for (const param of params) {
    const read = param.transform && reads.get(param.transform);
    if (read === undefined) continue;
    const bound = answers();
    param.transform = (action) => read(bound, action);
  }
}
