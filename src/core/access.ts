import type { ResourceStoreInterface } from './resource';
import type { Predicate, RoleChecker } from './role-checker';

/** A policy class, created by the container. */
export type PolicyClass = new (...args: never[]) => RoleChecker;

/** A class that loads resources, created by the container. */
export type ResourceStoreClass<T extends object = object> = new (
  ...args: never[]
) => ResourceStoreInterface<T>;

/** The kinds of rules and the terms of each. A feature adds its kind of rule here by declaration merging. */
export interface RuleTerms<R extends string = string> {
  readonly authenticated: object;
  readonly role: { readonly role: R };
  readonly permission: { readonly permission: string };
  readonly all: { readonly rules: readonly Rule<R>[] };
  readonly any: { readonly rules: readonly Rule<R>[] };
  readonly policy: { readonly policy: PolicyClass };
  readonly predicate: { readonly predicate: Predicate };
  readonly owner: OwnerTerms;
  readonly scope: { readonly scopes: readonly string[] };
  readonly login: LoginTerms;
}

/** The requirements on a login. */
export interface LoginTerms {
  readonly maxAgeSeconds: number | undefined;
  readonly acr: readonly string[] | undefined;
  readonly methods: readonly string[] | undefined;
}

/**
 * The requirement of one guard. Made by `@Authorized`'s argument, `allOf`, `anyOf`, `permission`, `ownerOf`, `scope`
 * and `recentLogin`.
 */
export type Rule<R extends string = string> = {
  readonly [K in keyof RuleTerms<R>]: { readonly kind: K } & RuleTerms<R>[K];
}[keyof RuleTerms<R>];

/** Requires the owner of the resource that a parameter of the route names. */
export interface OwnerTerms {
  readonly store: ResourceStoreClass;
  readonly parameter: string;
  /** The owner's username. The rule grants only if it is a string and equals the user's own username. */
  readonly owner: (resource: object) => unknown;
  /** Whether the rule holds for a resource that does not exist. */
  readonly whenMissing: 'run' | 'deny';
}

/** A rule of {@link ownerOf}: the user owns the resource that the route names. */
export type OwnerRule = Extract<Rule, { readonly kind: 'owner' }>;

/**
 * One guard and the place where it is written, for example `class NotesController`. A parameter that requires a user is
 * a level if nothing else guards the action, for example `parameter 1 of NotesController.list`. Each level must hold by
 * itself.
 */
export interface AccessLevel {
  readonly rule: Rule;
  readonly source: string;
}

/**
 * The effective access of one route, compiled once from every guard of the action and its classes; or the access of a
 * guard or event outside of actions.
 */
export interface Access {
  /** For example `NotesController.list`; outside of actions `guard NAME` or `event NAME`. */
  readonly action: string;
  /**
   * The HTTP method as in routing-controllers, in upper case; `ALL` for `@All`. Outside of actions the method of the
   * request, or `ALL` if there is no method.
   */
  readonly method: string;
  /**
   * The route with its prefixes, `/` for the root; a regular expression as its source; undefined outside of actions.
   */
  readonly route: string | undefined;
  /** True if the route is a regular expression. */
  readonly isPattern: boolean;
  /** The route parameters that name a resource and that the action receives as numbers. */
  readonly numericParameters: readonly string[];
  /** Empty if the action is open to everyone. */
  readonly levels: readonly AccessLevel[];
  /** The place where the action is opened: `@Public() on ...`; undefined if it is guarded or open by default. */
  readonly openedBy: string | undefined;
}

/** The access of an action. */
export interface ActionAccess extends Access {
  readonly route: string;
}
