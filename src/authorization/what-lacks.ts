/**
 * Finds the remedy for a login that is denied: more scopes, a more recent or stronger login, both, or nothing. The
 * whole access is evaluated again under each of these assumptions. So policies run again, and must have no side
 * effects.
 */
import type { Access, LoginTerms, Rule } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { MaybePromise } from '../core/userstore';
import {
  AccessDeniedError,
  InsufficientScopeError,
  type SecurityError,
  StepUpRequiredError,
} from '../errors';
import { type Assumed, isList, leavesOf } from '../rules/rule-kind';
import { lacking } from '../rules/scope';
import { isInstance } from '../util/instance';

export interface Evaluation {
  readonly access: Access;
  readonly login: Authentication;
  /** The reason why the access does not hold under that assumption; undefined if it would hold. */
  refusedBecause(assumed: Assumed): MaybePromise<string | undefined>;
  /** Whether one rule of the access would hold. */
  holds(rule: Rule, assumed: Assumed): MaybePromise<boolean>;
}

export const NOTHING_ASSUMED: Assumed = { everyScope: false, freshLogin: false };

interface Lack {
  readonly scopes: readonly string[];
  readonly logins: readonly LoginTerms[];
}

const NO_LACK: Lack = { scopes: [], logins: [] };

/** True if an access requires more than a certain user: only then may a denial have a remedy. */
export function asksOfLogin({ levels }: Access): boolean {
  return levels.some(({ rule }) => leavesOf(rule).some(({ kind }) => kind === 'scope' || kind === 'login'));
}

/** The error for a login that an access does not hold for. Rejects with the error that a policy throws. */
export async function denialOf(evaluation: Evaluation): Promise<SecurityError> {
  const { access } = evaluation;
  const kinds = new Set(access.levels.flatMap(({ rule }) => leavesOf(rule).map(({ kind }) => kind)));
  const [hasScope, hasLogin] = [kinds.has('scope'), kinds.has('login')];
  const attempts: readonly (Assumed & { readonly isOf: boolean })[] = [
    { everyScope: true, freshLogin: false, isOf: hasScope },
    { everyScope: false, freshLogin: true, isOf: hasLogin },
    { everyScope: true, freshLogin: true, isOf: hasScope && hasLogin },
  ];
  for (const assumed of attempts) {
    if (!assumed.isOf || !(await wouldHold(evaluation, assumed))) continue;
    const lack = await lackOfLevels(evaluation, assumed);
    // A policy has decided differently in the meantime: the client can do nothing about the denial.
    if (lack.scopes.length === 0 && lack.logins.length === 0) continue;
    if (!assumed.freshLogin) return new InsufficientScopeError(lack.scopes);
    return new StepUpRequiredError(needOf(lack));
  }
  return new AccessDeniedError();
}

async function wouldHold(evaluation: Evaluation, assumed: Assumed): Promise<boolean> {
  try {
    return (await evaluation.refusedBecause(assumed)) === undefined;
  } catch (error) {
    // A policy may refuse by throwing.
    if (isInstance(error, AccessDeniedError) || isInstance(error, StepUpRequiredError)) return false;
    throw error;
  }
}

async function lackOfLevels(evaluation: Evaluation, assumed: Assumed): Promise<Lack> {
  const lacks: Lack[] = [];
  for (const { rule } of evaluation.access.levels) lacks.push(await lackOf(rule, evaluation, assumed));
  return merged(lacks);
}

/** The lack of a rule that would hold; for an "any of", the lack of the first part that would hold. */
async function lackOf(rule: Rule, evaluation: Evaluation, assumed: Assumed): Promise<Lack> {
  if (await evaluation.holds(rule, NOTHING_ASSUMED)) return NO_LACK;
  if (rule.kind === 'scope') return { ...NO_LACK, scopes: lacking(rule.scopes, evaluation.login) };
  if (rule.kind === 'login') return { ...NO_LACK, logins: [rule] };
  if (!isList(rule)) return NO_LACK;
  const lacks: Lack[] = [];
  for (const part of rule.rules) {
    if (rule.kind === 'any') {
      if (await evaluation.holds(part, assumed)) return lackOf(part, evaluation, assumed);
    } else {
      lacks.push(await lackOf(part, evaluation, assumed));
    }
  }
  return merged(lacks);
}

function merged(lacks: readonly Lack[]): Lack {
  return {
    scopes: [...new Set(lacks.flatMap(({ scopes }) => scopes))],
    logins: lacks.flatMap(({ logins }) => logins),
  };
}

/** The shortest age of several needs, and the names that all of them accept. */
function needOf({ scopes, logins }: Lack): StepUpRequiredError['need'] {
  const ages = logins.flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? []);
  const common = (lists: readonly (readonly string[])[]): readonly string[] | undefined => {
    const [first, ...others] = lists;
    if (first === undefined) return undefined;
    const names = first.filter((name) => others.every((list) => list.includes(name)));
    return names.length > 0 ? names : first;
  };
  return {
    maxAgeSeconds: ages.length > 0 ? Math.min(...ages) : undefined,
    acr: common(logins.flatMap(({ acr }) => (acr === undefined ? [] : [acr]))),
    methods: common(logins.flatMap(({ methods }) => (methods === undefined ? [] : [methods]))),
    scopes: scopes.length > 0 ? scopes : undefined,
  };
}
