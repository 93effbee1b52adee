/**
 * Defines a kind of rule for all its users: the guard, the start-up lines, the lock file, the warnings and the test
 * kit. A feature that adds a kind registers it here and in `RuleTerms` in `core/access`, and nowhere else.
 */
import type { Grants } from '../authorization/grants';
import type { UNCONVERTIBLE } from '../core/resource';
import type { Access, OwnerRule, PolicyClass, Rule } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { RoleChecker } from '../core/role-checker';
import type { User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import type { Clock } from '../util/clock';

/** The facts that a rule is decided by. */
export interface RuleContext {
  readonly user: User;
  readonly login: Authentication;
  readonly request: SecurityRequest;
  readonly assumed: Assumed;
  /** True before the body is read: only roles and login are evaluated, and any other rule throws {@link UNDECIDED}. */
  readonly isEarly: boolean;
  /** In milliseconds. */
  readonly now: Clock;
  /** The user's roles and the roles that they imply, loaded on first use. */
  roles(): MaybePromise<ReadonlySet<string>>;
  /** True when one of these roles grants the permission. */
  isGranted(permission: string, roles: ReadonlySet<string>): boolean;
  /** Resolves a policy class from the container. */
  policy(cls: PolicyClass): RoleChecker;
  /** Loads the resource of an owner rule; null or undefined if it does not exist. */
  resource(rule: OwnerRule): Promise<object | null | undefined | typeof UNCONVERTIBLE>;
}

/** The assumptions for finding the remedy of a denied login. */
export interface Assumed {
  readonly everyScope: boolean;
  readonly freshLogin: boolean;
}

/** The known roles of a user without a request; undefined if a role loader may add the role or permission. */
export interface KnownRoles {
  has(role: string): boolean | undefined;
  isGranted(permission: string): boolean | undefined;
  /** The login in question; undefined if the question is about any login of such a user. */
  readonly login?: Authentication | undefined;
}

/** The place where a rule is declared, for messages. */
export interface RulePlace {
  readonly access: Access;
  /** For example `@Authorized on NotesController.list`. */
  readonly where: string;
  readonly grants: Grants;
}

/** A rule that combines others. */
export type List = Extract<Rule, { readonly rules: unknown }>;
/** A rule that does not combine others. */
export type Leaf = Exclude<Rule, List>;

interface RuleKind<T extends Rule> {
  /** Only a literal true lets a user in. An error is a fault. */
  holds(rule: T, context: RuleContext): MaybePromise<boolean>;
  /** In words, for start-up lines and events. */
  describe(rule: T): string;
  /** Whether the rule holds by roles and login alone; undefined if the decision depends on more. @default undefined */
  holdsByRoles?(rule: T, roles: KnownRoles): boolean | undefined;
}

interface LeafKind<T extends Leaf> extends RuleKind<T> {
  /** In words that are the same for the same rule in every process of one build, for the lock file. */
  identify(rule: T): string;
  /** The names, functions and classes by which two rules of the kind are compared. */
  terms(rule: T): readonly unknown[];
  /** @throws ConfigurationError for a name that is unknown to the app */
  refuseUnknown?(rule: T, place: RulePlace): void;
}

const leafKinds = new Map<Rule['kind'], LeafKind<Leaf>>();
const listKinds = new Map<Rule['kind'], RuleKind<List>>();

/** Registers a kind of rule. */
export function addRuleKind<K extends Leaf['kind']>(
  kind: K,
  meaning: LeafKind<Extract<Leaf, { readonly kind: K }>>,
): void {
  leafKinds.set(kind, meaning);
}

/** Registers a kind that combines other rules. */
export function addListKind(kind: List['kind'], meaning: RuleKind<List>): void {
  listKinds.set(kind, meaning);
}

/** @throws TypeError for a rule of an unknown kind: it must never count as a rule that holds */
export function kindOf(rule: Rule): RuleKind<Rule> {
  const kind = listKinds.get(rule.kind) ?? leafKinds.get(rule.kind);
  if (kind === undefined) throw new TypeError('A rule is of no known kind');
  return kind;
}

/** @throws TypeError for a rule of an unknown kind */
export function leafKindOf(rule: Leaf): LeafKind<Leaf> {
  const kind = leafKinds.get(rule.kind);
  if (kind === undefined) throw new TypeError('A rule is of no known kind');
  return kind;
}

/** Thrown for a rule that may need more of the request than has been read. */
export const UNDECIDED = new Error('Decided when the whole request has been read');

/** Whether a rule holds. Only a literal true lets a user in. @throws UNDECIDED for app code before the body is read */
export function holds(rule: Rule, context: RuleContext): MaybePromise<boolean> {
  const kind = kindOf(rule);
  if (context.isEarly && !isList(rule) && kind.holdsByRoles === undefined) throw UNDECIDED;
  return kind.holds(rule, context);
}

/** True if every part of a rule is decided by roles and login alone. */
export function isByRoles(rule: Rule): boolean {
  return leavesOf(rule).every((leaf) => leafKindOf(leaf).holdsByRoles !== undefined);
}

export function isList(rule: Rule): rule is List {
  return listKinds.has(rule.kind);
}

/** The rule itself, or the leaves of the rules that it combines, at any depth. */
export function leavesOf(rule: Rule): readonly Leaf[] {
  return isList(rule) ? rule.rules.flatMap(leavesOf) : [rule];
}

const known = new WeakSet<object>();

/** Marks a rule as created here and freezes it: no other object is accepted as a rule. */
export function made<T extends Rule>(rule: T): T {
  known.add(rule);
  return Object.freeze(rule);
}

export function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && known.has(value);
}
