/**
 * An observer of an instance of the library, for metrics and traces. It is called within the request and decides
 * nothing: no exception, return value or rejection of an observer changes a decision.
 */
import type { SecurityErrorCode } from '../errors';
import type { ProviderVerdict, SecurityEvent } from './events';
import type { SecurityRequest } from './request';

/** The outcome of a request's authentication, before any decision about the requested action. */
export interface ObservedOutcome {
  /** `anonymous`: the request has no credentials. */
  readonly outcome: 'authenticated' | 'anonymous' | 'refused';
  /** The provider that authenticated the request, or whose verdict the client gets. */
  readonly provider?: string;
  /** The code of a refusal. */
  readonly code?: SecurityErrorCode;
  /** The user as events name it, if the request was authenticated. */
  readonly user?: string;
}

/** An observer of the authentication of one request. */
export interface ObservedAuthentication {
  /**
   * Calls `work` at once, in a context of its own: providers and userstores run within it. If the observer does not
   * call `work`, or calls it twice, it still runs once.
   */
  run?(work: () => void): void;
  /** Receives the outcome, once. */
  end(outcome: ObservedOutcome): void;
}

/** The methods of userstores that observers see. */
export type UserstoreOperation = 'getUser' | 'getGroup';

/** The result of a call to a userstore. */
export type UserstoreAnswer = 'found' | 'not_found' | 'failed';

/**
 * All members are optional. Each is called at a beginning and may return a function or object that is called at the
 * end.
 */
export interface SecurityObserver {
  /** The authentication of a request begins. */
  authentication?(request: SecurityRequest): ObservedAuthentication | undefined;
  /** A provider is asked. The returned function is called with the verdict, also after the deadline. */
  provider?(name: string): ((verdict: ProviderVerdict) => void) | undefined;
  /** A userstore is asked. The returned function is never called if the store never answers. */
  userstore?(name: string, operation: UserstoreOperation): ((answer: UserstoreAnswer) => void) | undefined;
  /** A provider looked up whether it remembers a credential. */
  lookup?(provider: string, isHit: boolean): void;
  /** As `onEvent` of the options. */
  event?(event: SecurityEvent): void;
}

/** Learns whether a provider remembered a credential; returns nothing, throws nothing. */
export type LookupListener = (isHit: boolean) => void;

const LISTENER: unique symbol = Symbol('securest.lookupListener');

type Listened = SecurityRequest & { [LISTENER]?: LookupListener };

/** Reports whether a credential of this request was remembered, if there is a listener. */
export function noteLookup(request: SecurityRequest, isHit: boolean): void {
  (request as Listened)[LISTENER]?.(isHit);
}

/** Passes the lookups that providers report about this request to a listener. */
export function listenForLookups(request: SecurityRequest, listener: LookupListener): void {
  (request as Listened)[LISTENER] = listener;
}
