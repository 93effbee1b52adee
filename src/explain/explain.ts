/**
 * Explains one decision: the route that answers a request, the levels that guard it, and whether an identity may call
 * it. It uses the compiled access and the evaluation of the report and the test kit. Only `run` calls the app's own
 * code.
 */
import type { CompiledAction } from '../access/compiled';
import { type Answer, expectedAccess, type Identity, levelAnswers } from '../access/expected-access';
import type { Access } from '../core/access';
import type { ProviderOutcome } from '../core/events';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  BadCredentialsError,
  ConfigurationError,
  type SecurityError,
  type SecurityErrorCode,
} from '../errors';
import { accessFacts } from '../security/access-facts';
import { type Inspection, inspectOptions, type SecuredApp } from '../security/inspection';
import { STATED, type StatedIdentity, type Trial } from '../security/trial';
import { identityOf } from '../report/identities';
import { describeLevel, describeRule } from '../rules/rules';
import { printable } from '../util/printable';
import { type ExplainRequest, GUARD_METHOD, parseExplainRequest } from './explain-request';
import { mayApply, type Requested } from './may-apply';

/** A part of a guard, and whether it holds for the identity. */
export interface ExplainedLevel {
  /** The rule in words. */
  readonly rule: string;
  /**
   * The origin of the rule: `class NotesController`, `NotesController.list`, an authorization provider, `guard NAME`.
   */
  readonly source: string;
  readonly holds: Answer;
}

/** One decision. It is frozen and holds no secrets: it has no cause of an error. */
export interface Explanation {
  /** The route that answers, by its pattern, or the guard; undefined if no action serves the request. */
  readonly route: { readonly method: string; readonly path: string; readonly action: string } | undefined;
  /** The later routes that match as well and that this route hides, as `METHOD /path (action)`. */
  readonly later: readonly string[];
  /**
   * The levels that guard the route, in order, each of which must hold; empty for an open route. Without a route, the
   * levels of the app's guards outside of actions, without guards that are named after another route (`GET /notes/:id`):
   * only the app knows where guards are mounted.
   */
  readonly levels: readonly ExplainedLevel[];
  /** The verdict of each provider on the request; empty without `run`. */
  readonly outcomes: readonly ProviderOutcome[];
  /** The level, provider or action that refused, in words. */
  readonly refusedBy: string | undefined;
  /**
   * `allowed`: the request reaches the action. `depends`: the app's own code decides, or the scopes or age of the
   * login.
   */
  readonly verdict: 'allowed' | 'refused' | 'depends';
  /**
   * The status of a refusal, before an `onUnauthorized` hook changes it; undefined without a refusal, and if several
   * refusals are possible.
   */
  readonly status: number | undefined;
  readonly code: SecurityErrorCode | undefined;
  /**
   * The app's `skip` hook: `skipped` if it let the request past the guards, `not called` if it may do so; undefined if
   * it cannot matter, and if it was called and skipped nothing.
   */
  readonly skip: 'skipped' | 'not called' | undefined;
}

type Decision = Omit<Explanation, 'route' | 'later'>;

const UNDECIDED = { refusedBy: undefined, status: undefined, code: undefined, skip: undefined };

const skipOf = ({ options }: Inspection) => (options.skip === undefined ? undefined : 'not called');

/** See `on-demand.ts` for the contract. */
export async function explain(app: SecuredApp, given: ExplainRequest): Promise<Explanation> {
  const { as, run, ...wanted } = parseExplainRequest(given);
  const inspection = inspectOptions(app);
  const identity = await identityFor(as, inspection);
  if (wanted.method === GUARD_METHOD) {
    const guard = guardNamed(wanted.path, inspection);
    const route = { method: GUARD_METHOD, path: wanted.path, action: guard.action };
    return frozen({ route, later: [], ...expectedOfGuards(guard, identity, as, inspection) });
  }
  let trial: Trial | undefined;
  const [found, ...later] = await inspection.findRoutes(wanted, async (action, first) => {
    if (run) trial = await inspection.tryOut(action, first, as);
  });
  const decision =
    found === undefined
      ? withoutRoute(wanted, inspection, identity)
      : trial === undefined
        ? expected(found, identity, as, inspection)
        : tried(found, identity, trial, inspection);
  return frozen({
    route: found && { method: found.access.method, path: found.access.route, action: found.access.action },
    later: later.map(({ access: { method, route, action } }) => `${method} ${route} (${action})`),
    ...decision,
  });
}

/** @throws ConfigurationError if the app has no guard of this name */
function guardNamed(name: string, { guards }: Inspection): Access {
  const guard = guards.find(({ action }) => action === `guard ${name}`);
  if (guard !== undefined) return guard;
  throw new ConfigurationError(`explain(): the app has no guard ${printable(name, 200)}`);
}

/** @throws ConfigurationError for a role that the app does not have, and for a user that no store has */
async function identityFor(as: StatedIdentity, inspection: Inspection): Promise<Identity> {
  if (as === 'anonymous') return { isAuthenticated: false, roles: [] };
  if ('user' in as) return identityOf(as.user, inspection);
  for (const role of as.roles) inspection.options.grants.refuseUnknown(role, 'explain()');
  return { isAuthenticated: true, roles: as.roles };
}

/** No action of the app serves the request, but a guard outside of actions may apply to it. */
function withoutRoute(wanted: Requested, inspection: Inspection, identity: Identity): Decision {
  const levels = inspection.guards
    .filter((guard) => mayApply(guard, wanted))
    .flatMap((guard) => levelsOf(guard, identity, inspection));
  return { ...UNDECIDED, levels, outcomes: [], verdict: 'depends', skip: skipOf(inspection) };
}

/** The decision by the access alone, without any code of the app. */
function expected(
  { access, asksForUser }: CompiledAction,
  identity: Identity,
  as: StatedIdentity,
  inspection: Inspection,
): Decision {
  if (access.levels.length > 0) return expectedOfGuards(access, identity, as, inspection);
  const decided = { ...UNDECIDED, levels: [], outcomes: [] };
  // An action with a user parameter refuses wrong credentials, and a user who may not log in.
  const isRefused = as !== 'anonymous' && !identity.isAuthenticated && asksForUser;
  if (!isRefused) return { ...decided, verdict: 'allowed' };
  return refused(decided, new BadCredentialsError(), STATED);
}

/** The same for a route with guards. */
function expectedOfGuards(
  access: Access,
  identity: Identity,
  as: StatedIdentity,
  inspection: Inspection,
): Decision {
  const levels = levelsOf(access, identity, inspection);
  const decided = { ...UNDECIDED, levels, outcomes: [] };
  const [first] = access.levels;
  const { answer } = expectedAccess(access, identity, accessFacts(inspection));
  if (answer === 'yes') return { ...decided, verdict: 'allowed' };
  const skip = skipOf(inspection);
  // The hook may let a request through that the guards refuse.
  if (answer === 'depends' || skip !== undefined) return { ...decided, verdict: 'depends', skip };
  if (!identity.isAuthenticated) {
    return as === 'anonymous'
      ? refused(decided, new AuthenticationRequiredError(), first && describeLevel(first))
      : refused(decided, new BadCredentialsError(), STATED);
  }
  const at = levels.findIndex(({ holds }) => holds === 'no');
  const level = access.levels[at];
  const refusal = refused(decided, new AccessDeniedError(), level && describeLevel(level));
  // The app's code in an earlier level may fail, or refuse in its own way.
  const isCertain = levels.slice(0, at).every(({ holds }) => holds === 'yes');
  return isCertain ? refusal : { ...refusal, status: undefined, code: undefined };
}

/** The decision after a trial with the app's own code. */
function tried(
  { access }: CompiledAction,
  identity: Identity,
  { outcomes, error, refusedBy, isSkipped }: Trial,
  inspection: Inspection,
): Decision {
  const levels = levelsOf(access, identity, inspection);
  const decided = { ...UNDECIDED, levels, outcomes };
  if (isSkipped === true) return { ...decided, verdict: 'allowed', skip: 'skipped' };
  if (error === undefined) {
    return { ...decided, levels: levels.map((level) => ({ ...level, holds: 'yes' })), verdict: 'allowed' };
  }
  const at = levels.findIndex((level) => isNamedIn(refusedBy, level));
  const told = levels.map((level, index) =>
    at < 0 || index > at ? level : { ...level, holds: index === at ? ('no' as const) : ('yes' as const) },
  );
  const [first] = access.levels;
  return refused({ ...decided, levels: told }, error, refusedBy ?? (first && describeLevel(first)));
}

/** True if the reason names this level or authorization provider at its beginning. */
function isNamedIn(refusedBy: string | undefined, { rule, source }: ExplainedLevel): boolean {
  return [`${rule} (${source})`, source].some(
    (name) => refusedBy === name || refusedBy?.startsWith(`${name}: `) === true,
  );
}

function refused(decided: Decision | Omit<Decision, 'verdict'>, error: SecurityError, by?: string): Decision {
  return { ...decided, refusedBy: by, verdict: 'refused', status: error.httpCode, code: error.code };
}

function levelsOf(access: Access, identity: Identity, inspection: Inspection): readonly ExplainedLevel[] {
  if (access.levels.length === 0) return [];
  const guards = levelAnswers(access, identity, accessFacts(inspection)).map(({ level, answer }) => ({
    rule: describeRule(level.rule),
    source: level.source,
    holds: identity.isAuthenticated ? answer : ('no' as const),
  }));
  const providers = inspection.components.authorizationProviders.map((provider) => ({
    rule: provider.get().describe?.(access) ?? 'rules of its own',
    source: provider.name,
    holds: identity.isAuthenticated ? ('depends' as const) : ('no' as const),
  }));
  return [...guards, ...providers];
}

/** Freezes the value deeply: it consists of plain objects and lists. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
