/**
 * The attributes of metrics and spans. They have the names of OpenTelemetry's conventions where these exist; all others
 * begin with `securest.`. Each has few values: names of an app's classes, and fixed lists.
 * @see https://opentelemetry.io/docs/specs/semconv/
 */
import type { Attributes } from '@opentelemetry/api';
import type { ProviderVerdict } from '../core/events';
import type { ObservedOutcome, UserstoreAnswer, UserstoreOperation } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import type { SecurityErrorCode } from '../errors';

/** The value for anything that is not in a list. */
const OTHER = '_OTHER';

/** True for a fault of the server. A refused client is not a fault of the server. */
const CODES: Readonly<Record<SecurityErrorCode, boolean>> = {
  authentication_required: false,
  invalid_credentials: false,
  malformed_credentials: false,
  invalid_request: false,
  access_denied: false,
  insufficient_scope: false,
  insufficient_user_authentication: false,
  weak_password: false,
  wrong_password: false,
  cross_site: false,
  https_required: false,
  too_many_attempts: false,
  authentication_unavailable: true,
  security_error: true,
};

const FAULTS: readonly ProviderVerdict[] = ['bug', 'unavailable', 'deadline_passed'];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];

const OPERATIONS: Readonly<Record<UserstoreOperation, string>> = {
  getUser: 'get_user',
  getGroup: 'get_group',
};

/** The fault of the server, as `error.type`; undefined without a fault. */
export function errorTypeOf({ code }: ObservedOutcome): string | undefined {
  return code !== undefined && CODES[code] ? code : undefined;
}

export function outcomeAttributes(outcome: ObservedOutcome): Attributes {
  const { provider, code } = outcome;
  return withError(errorTypeOf(outcome), {
    'securest.outcome': outcome.outcome,
    ...(provider !== undefined && { 'securest.provider.name': provider }),
    ...(code !== undefined && { 'securest.code': codeOf(code) }),
  });
}

/** The code of an error, or `_OTHER` for a code that the app has defined itself. */
export function codeOf(code: string): string {
  return Object.hasOwn(CODES, code) ? code : OTHER;
}

export function providerAttributes(name: string, verdict: ProviderVerdict): Attributes {
  return withError(FAULTS.includes(verdict) ? verdict : undefined, {
    'securest.provider.name': name,
    'securest.provider.verdict': verdict,
  });
}

export function userstoreAttributes(
  name: string,
  operation: UserstoreOperation,
  answer: UserstoreAnswer,
): Attributes {
  return withError(answer === 'failed' ? OTHER : undefined, {
    'securest.userstore.name': name,
    'securest.userstore.operation': OPERATIONS[operation],
    'securest.userstore.answer': answer,
  });
}

export function lookupAttributes(provider: string, isHit: boolean): Attributes {
  return { 'securest.provider.name': provider, 'securest.cache.result': isHit ? 'hit' : 'miss' };
}

/** Attributes of the request, without the path, because the client chooses it. */
export function requestAttributes({ method, route }: SecurityRequest): Attributes {
  return {
    'http.request.method': METHODS.includes(method) ? method : OTHER,
    ...(route !== undefined && { 'http.route': route }),
  };
}

function withError(type: string | undefined, attributes: Attributes): Attributes {
  return type === undefined ? attributes : { ...attributes, 'error.type': type };
}
