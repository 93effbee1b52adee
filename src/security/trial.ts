/**
 * Decides about one request as a server would, with a stated login instead of credentials: the app's stores, policies,
 * role loaders and authorization providers are asked, and no action runs. No event is emitted.
 */
import type { Action } from '../core/exchange';
import type { CompiledAction } from '../access/compiled';
import { outcomesOf } from '../audit/audit';
import { Observers } from '../audit/observers';
import { Activity } from '../authentication/activity';
import { type ChainLink, type ChainOutcome, runChain } from '../authentication/chain';
import type { Decided } from '../authentication/refusals';
import type { RequestState } from '../authentication/request-state';
import { answeringVerdict } from '../authentication/verdicts';
import type { AuthenticationResult } from '../core/auth-provider';
import type { ProviderOutcome } from '../core/events';
import type { UserstoreInterface } from '../core/userstore';
import type { SecurityError } from '../errors';
import { RequestWithSignal } from '../http/request-with-signal';
import { ignoreRejection } from '../util/ignore-rejection';
import type { SecurityParts } from './parts';

/** The sender of the request: no user, a user with these roles outside of all stores, or a user of the app's stores. */
export type StatedIdentity = 'anonymous' | { readonly roles: readonly string[] } | { readonly user: string };

export interface Trial {
  readonly outcomes: readonly ProviderOutcome[];
  /** The error of a refusal. */
  readonly error?: SecurityError;
  /** The level, provider or action that refused, in words. */
  readonly refusedBy?: string | undefined;
  /** True if the app's `skip` hook lets the request through. */
  readonly isSkipped?: boolean;
}

type TrialParts = Pick<
  SecurityParts,
  'audit' | 'authorizer' | 'components' | 'context' | 'options' | 'refusals' | 'states' | 'userstore'
>;

/** Rejects with errors of the app that are not refusals. */
export async function tryOut(
  parts: TrialParts,
  action: Action,
  { access, asksForUser }: CompiledAction,
  as: StatedIdentity,
): Promise<Trial> {
  const { components, context, refusals, states } = parts;
  components.startOnce();
  const state = states.arrived(action, access);
  const isGuarded = access.levels.length > 0;
  if (!isGuarded && !asksForUser) return { outcomes: [] };
  if (isGuarded && isSkipped(parts, state)) return { outcomes: [], isSkipped: true };
  return context.run(state, async () => {
    const outcome = await authenticate(parts, state, as);
    const outcomes = outcomesOf(outcome.verdicts);
    const refused = (error: SecurityError, refusedBy: string | undefined, by: Decided): Trial => {
      refusals.complete(error, state, by);
      return { outcomes, error, refusedBy };
    };
    if (outcome.kind !== 'authenticated') {
      if (outcome.kind === 'anonymous' && !isGuarded) return { outcomes };
      const { verdicts } = outcome;
      return refused(outcome.error(), answeringVerdict(verdicts)?.provider, { verdicts });
    }
    if (!isGuarded) return { outcomes };
    const denial = await parts.authorizer.denial(access, outcome, state, state.request);
    if (denial === undefined) return { outcomes };
    const { provider, authentication: login } = outcome;
    return refused(denial.error, denial.reason, { provider, login });
  });
}

/** Runs the chain itself, so an inactive or invalid user is refused as at a login. */
async function authenticate(
  { audit, components, options, userstore }: TrialParts,
  state: RequestState,
  as: StatedIdentity,
): Promise<ChainOutcome> {
  // A hook that reads other fields of a record would refuse a user without a record.
  const isActive = as !== 'anonymous' && 'roles' in as ? undefined : options.isActive;
  const links = as === 'anonymous' ? components.links : [statedLink(as)];
  let outcome: ChainOutcome | undefined;
  await state.authenticated(async (request) => {
    outcome = await runChain(request, {
      links: () => links,
      userstore,
      deadlineMs: options.deadlineMs,
      stopAtBadCredentials: options.stopAtBadCredentials,
      clock: options.clock,
      activity: new Activity(isActive),
      // This is not a request of a client.
      observers: new Observers(() => undefined),
      onProblem: (problem) => {
        audit.problem(problem);
      },
    });
    return outcome;
  });
  if (outcome === undefined) throw new Error('A request was decided before it came');
  return outcome;
}

/** The name of the link that replaces a provider. */
export const STATED = 'stated login';

function statedLink(as: Exclude<StatedIdentity, 'anonymous'>): ChainLink {
  const authenticate = (_request: unknown, userstore: UserstoreInterface): AuthenticationResult =>
    'user' in as
      ? (userstore.getUser(as.user) as AuthenticationResult)
      : { username: STATED, roles: [...as.roles] };
  return { name: STATED, isStandIn: true, get: () => ({ name: STATED, authenticate }) };
}

function isSkipped({ audit, options: { skip } }: TrialParts, state: RequestState): boolean {
  if (skip === undefined) return false;
  try {
    const answer: unknown = skip(new RequestWithSignal(state.request));
    ignoreRejection(answer);
    return answer === true;
  } catch (error) {
    audit.error('The skip hook failed, so the request is not skipped', error);
    return false;
  }
}
