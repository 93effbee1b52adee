/** Makes the decisions of a guard for an instance, and answers refused requests. */
import type { Action } from '../core/exchange';
import { type Audit, secretsOf } from '../audit/audit';
import type { LoginContext } from '../authentication/login-context';
import type { Refusals } from '../authentication/refusals';
import type { RequestStates } from '../authentication/request-state';
import type { AppComponents } from '../components/app-components';
import type { Access } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { SecurityError, SecurityFaultError } from '../errors';
import type { Checkers } from '../security/checkers';
import { rawRequest, rawResponse } from '../http/raw';
import { writeRefusal } from '../http/refusal-reply';
import { replyError } from '../http/reply';
import { isInstance } from '../util/instance';
import type { GuardCalls } from './middleware';

export interface GuardParts {
  readonly audit: Audit;
  readonly checkers: Checkers;
  readonly components: AppComponents;
  readonly context: LoginContext;
  readonly refusals: Refusals;
  readonly states: RequestStates;
  /** Starts the app if it has not been started. @throws ConfigurationError */
  readonly start: () => void;
}

/**
 * @param settled turns every failure into an error of the family
 * @param accessFor returns the guard's access for a request method
 */
export function guardCalls(
  { audit, checkers, components, context, refusals, start, states }: GuardParts,
  settled: <T>(work: () => MaybePromise<T>) => MaybePromise<T>,
  accessFor: (method: string) => Access,
): GuardCalls {
  return {
    authorize: (action: Action) =>
      settled(() => {
        start();
        return checkers.authorize(action, accessFor(rawRequest(action).method ?? ''));
      }),
    refuse: (thrown, action) => {
      try {
        const isOfFamily = isInstance<SecurityError>(thrown, SecurityError);
        const error = replyError(isOfFamily ? thrown : new SecurityFaultError({ cause: thrown }));
        refusals.answer(error, states.of(action));
        writeRefusal(action, error);
      } catch (cause) {
        audit.error('A refusal could not be sent', cause);
        rawResponse(action)?.destroy();
      }
    },
    within: (action, work) => context.run(states.of(action), work),
    onFault: (cause, action) => {
      const secrets = secretsOf(states.of(action).request, components.credentialHeaders);
      audit.error(`${accessFor('').action}: its handler failed`, cause, secrets);
    },
  };
}
