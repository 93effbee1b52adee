/**
 * What watches an instance of the library from outside, for metrics and traces. It is called within the request, and
 * decides nothing: what it throws, returns or rejects with changes no decision.
 */
import type { SecurityErrorCode } from '../errors';
import type { ProviderVerdict, SecurityEvent } from './events';
import type { SecurityRequest } from './request';

/** How the authentication of a request came out, before anything was decided about what it asks for. */
export interface ObservedOutcome {
  /** `anonymous`: no credentials came. */
  readonly outcome: 'authenticated' | 'anonymous' | 'refused';
  /** The provider that let the request in, or whose verdict answers the client. */
  readonly provider?: string;
  /** Of a refusal. */
  readonly code?: SecurityErrorCode;
  /** The user as events name it, of a request that was authenticated. */
  readonly user?: string;
}

/** What follows the authentication of one request. */
export interface ObservedAuthentication {
  /**
   * Calls `work` at once, in a context of its own: what providers and userstores do runs within it. Where it does not
   * call it, or calls it twice, `work` runs once all the same.
   */
  run?(work: () => void): void;
  /** Hears of the outcome, once. */
  end(outcome: ObservedOutcome): void;
}

/** The methods of userstores that observers hear of. */
export type UserstoreOperation = 'getUser' | 'getGroup';

/** What a userstore made of a question. */
export type UserstoreAnswer = 'found' | 'not_found' | 'failed';

/** All members are optional. Each begins something and may return what hears of its end. */
export interface SecurityObserver {
  /** The authentication of a request begins. */
  authentication?(request: SecurityRequest): ObservedAuthentication | undefined;
  /** A provider is asked. What it returns is called with the verdict, also after the deadline. */
  provider?(name: string): ((verdict: ProviderVerdict) => void) | undefined;
  /** A userstore is asked. What it returns is never called where the store never answers. */
  userstore?(name: string, operation: UserstoreOperation): ((answer: UserstoreAnswer) => void) | undefined;
  /** A provider looked whether it remembers a credential. */
  lookup?(provider: string, isHit: boolean): void;
  /** As `onEvent` of the options. */
  event?(event: SecurityEvent): void;
}

/** Hears of what a provider remembered; returns nothing, throws nothing. */
export type LookupListener = (isHit: boolean) => void;

const LISTENER: unique symbol = Symbol('securest.lookupListener');

type Listened = SecurityRequest & { [LISTENER]?: LookupListener };

/** Tells whether a credential of this request was remembered, where somebody listens. */
export function noteLookup(request: SecurityRequest, isHit: boolean): void {
  (request as Listened)[LISTENER]?.(isHit);
}

/** Routes what a provider notes about this request to a listener. */
export function listenForLookups(request: SecurityRequest, listener: LookupListener): void {
  (request as Listened)[LISTENER] = listener;
}
