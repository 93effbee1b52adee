/**
 * What a kind of rule means to all who ask: the guard, the start-up lines, the lock file, the warnings and the test
 * kit. A feature that brings a kind adds it here, and to `RuleTerms` in `core/access`, and nowhere else.
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

/** What a rule is decided by. */
export interface RuleContext {
  readonly user: User;
  readonly login: Authentication;
  readonly request: SecurityRequest;
  readonly assumed: Assumed;
  /** True before the body is read: only roles and login are asked, and any other rule throws {@link UNDECIDED}. */
  readonly isEarly: boolean;
  /** In milliseconds. */
  readonly now: Clock;
  /** The user's roles and what they imply, loaded when first asked for. */
  roles(): MaybePromise<ReadonlySet<string>>;
  /** True when one of these roles grants the permission. */
  isGranted(permission: string, roles: ReadonlySet<string>): boolean;
  /** Resolves a policy class from the container. */
  policy(cls: PolicyClass): RoleChecker;
  /** Loads the resource that an owner rule asks about; null or undefined where it does not exist. */
  resource(rule: OwnerRule): Promise<object | null | undefined | typeof UNCONVERTIBLE>;
}

/** What is taken for granted, to find out what would help a login that is denied. */
export interface Assumed {
  readonly everyScope: boolean;
  readonly freshLogin: boolean;
}

/** What is known of a user's roles without a request; undefined where a role loader may add what is asked for. */
export interface KnownRoles {
  has(role: string): boolean | undefined;
  isGranted(permission: string): boolean | undefined;
  /** The login that is asked about; undefined where any login of such a user is. */
  readonly login?: Authentication | undefined;
}

/** Where a rule stands, for messages. */
export interface RulePlace {
  readonly access: Access;
  /** For example `@Authorized on NotesController.list`. */
  readonly where: string;
  readonly grants: Grants;
}

/** A rule that combines others. */
export type List = Extract<Rule, { readonly rules: unknown }>;
/** A rule that says something by itself. */
export type Leaf = Exclude<Rule, List>;

interface RuleKind<T extends Rule> {
  /** Only a literal true lets anybody in. What it throws is a fault. */
  holds(rule: T, context: RuleContext): MaybePromise<boolean>;
  /** In words, for start-up lines and events. */
  describe(rule: T): string;
  /** Whether it holds by roles and login alone; undefined where something else decides. @default undefined */
  holdsByRoles?(rule: T, roles: KnownRoles): boolean | undefined;
}

interface LeafKind<T extends Leaf> extends RuleKind<T> {
  /** In words that are the same for the same rule in every process of one build, for the lock file. */
  identify(rule: T): string;
  /** What makes two rules of the kind the same: names, functions and classes. */
  terms(rule: T): readonly unknown[];
  /** @throws ConfigurationError for a name that the app does not have */
  refuseUnknown?(rule: T, place: RulePlace): void;
}

const leafKinds = new Map<Rule['kind'], LeafKind<Leaf>>();
const listKinds = new Map<Rule['kind'], RuleKind<List>>();

/** Adds what a kind of rule means. */
export function addRuleKind<K extends Leaf['kind']>(
  kind: K,
  meaning: LeafKind<Extract<Leaf, { readonly kind: K }>>,
): void {
  leafKinds.set(kind, meaning);
}

/** The same for a kind that combines others. */
export function addListKind(kind: List['kind'], meaning: RuleKind<List>): void {
  listKinds.set(kind, meaning);
}

/** @throws TypeError for a rule of no kind: it must never be taken for one that holds */
export function kindOf(rule: Rule): RuleKind<Rule> {
  const kind = listKinds.get(rule.kind) ?? leafKinds.get(rule.kind);
  if (kind === undefined) throw new TypeError('A rule is of no known kind');
  return kind;
}

/** @throws TypeError for a rule of no kind */
export function leafKindOf(rule: Leaf): LeafKind<Leaf> {
  const kind = leafKinds.get(rule.kind);
  if (kind === undefined) throw new TypeError('A rule is of no known kind');
  return kind;
}

/** Thrown for what may need more of the request than has been read. */
export const UNDECIDED = new Error('Decided when the whole request has been read');

/** Whether a rule holds. Only a literal true lets anybody in. @throws UNDECIDED for app code before the body is read */
export function holds(rule: Rule, context: RuleContext): MaybePromise<boolean> {
  const kind = kindOf(rule);
  if (context.isEarly && !isList(rule) && kind.holdsByRoles === undefined) throw UNDECIDED;
  return kind.holds(rule, context);
}

/** True where no part of a rule is decided by anything but roles and login. */
export function isByRoles(rule: Rule): boolean {
  return leavesOf(rule).every((leaf) => leafKindOf(leaf).holdsByRoles !== undefined);
}

export function isList(rule: Rule): rule is List {
  return listKinds.has(rule.kind);
}

/** A rule, or those that it combines, however deep. */
export function leavesOf(rule: Rule): readonly Leaf[] {
  return isList(rule) ? rule.rules.flatMap(leavesOf) : [rule];
}

const known = new WeakSet<object>();

/** A rule that was made here, and that nobody changes: no other object is taken for one. */
export function made<T extends Rule>(rule: T): T {
  known.add(rule);
  return Object.freeze(rule);
}

export function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && known.has(value);
}
