/**
 * The parameters that an instance of the library supplies. Each decorator records how its value is read. When a server
 * is prepared, each parameter of its actions is bound to the instance that secures the server.
 */
import type { ResourceStoreClass } from '../core/access';
import type { Proof } from '../authentication/brought-links';
import type { AppFacts } from '../core/auth-provider';
import type { Action } from '../core/exchange';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { SecurityFaultError } from '../errors';

/** The values and operations that an instance supplies for the parameters of one action. */
export interface Answers {
  /** The login of the request. It has the userstore's own user object, if the store holds that very user. */
  authentication(action: Action): Promise<Authentication | undefined>;
  /**
   * Reads a part of the request that can take minutes, such as its body. For work that outlasts the login.
   * @throws the error response if the login has ended meanwhile, or if there is none
   */
  withSameLogin<T>(action: Action, read: () => Promise<T>): Promise<T>;
  resource(action: Action, store: ResourceStoreClass, parameter: string): Promise<object | null | undefined>;
  /** Changes the password of the logged-in user; resolves to the login that the current password proved. */
  changePassword(action: Action, body: unknown, minLength: number): Promise<Authentication>;
  /**
   * Resolves to the login that a password proves. The app's password providers are asked in their order, with the
   * throttling, timing and logging of the chain. Rejects with the error response, whose only challenge is `Session`.
   */
  provePassword(action: Action, credentials: { username: string; password: string }): Promise<Authentication>;
  /**
   * Resolves to the login of a proof of the library's own, judged like the login of a provider.
   * @param name for events and logs
   */
  prove(action: Action, name: string, proof: Proof): Promise<Authentication>;
  /** @throws CrossSiteError if a page of a foreign site may have sent a request that changes something */
  refuseCrossSite(action: Action): void;
  /**
   * The route of the action, with the prefix of its server.
   * @throws Error if the prefix cannot be determined
   */
  route(action: Action): string;
  /** The login page that the option `loginPage` names. */
  loginPage(): string | undefined;
  /** The request of an action as providers see it. */
  request(action: Action): SecurityRequest;
  /** The app, as providers and their services see it. */
  app(): AppFacts;
  /** An instance of a class of the app, from the container. */
  resolve<T>(cls: new (...args: never[]) => T): T;
  /** Resolves to the result of the work. Every failure rejects with an error of the family and is logged. */
  settle<T>(work: () => Promise<T>): Promise<T>;
}

type Read = (answers: Answers, action: Action) => unknown;

/**
 * Functions that read values, by the placeholder function that routing-controllers keeps for a parameter until it is
 * bound.
 */
const reads = new WeakMap<object, Read>();

/**
 * Makes a parameter's value for `createParamDecorator`.
 * @param decorator named in the error on a server that no instance has prepared
 */
export function answered(decorator: string, read: Read): (action: Action) => never {
  const unbound = (): never => {
    throw new SecurityFaultError({ cause: new Error(`${decorator} on a server without securest`) });
  };
  reads.set(unbound, read);
  return unbound;
}

/** A parameter of one server, as routing-controllers keeps it. */
interface BoundParameter {
  transform?: ((action: Action) => unknown) | undefined;
}

/** Binds the parameters of an action to the instance that supplies their values. */
export function bindParameters(params: readonly BoundParameter[], answers: () => Answers): void {
  for (const param of params) {
    const read = param.transform && reads.get(param.transform);
    if (read === undefined) continue;
    const bound = answers();
    param.transform = (action) => read(bound, action);
  }
}
