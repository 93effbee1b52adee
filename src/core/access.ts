import type { ResourceStoreInterface } from './resource';
import type { Predicate, RoleChecker } from './role-checker';

/** A policy class, created by the container. */
export type PolicyClass = new (...args: never[]) => RoleChecker;

/** A class that resources are loaded from, created by the container. */
export type ResourceStoreClass<T extends object = object> = new (
  ...args: never[]
) => ResourceStoreInterface<T>;

/** The kinds of rules, and what each says. A feature that brings a kind adds it here by declaration merging. */
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

/** What a login must be. */
export interface LoginTerms {
  readonly maxAgeSeconds: number | undefined;
  readonly acr: readonly string[] | undefined;
  readonly methods: readonly string[] | undefined;
}

/** What one guard asks for. Made by `@Authorized`'s argument, `allOf`, `anyOf`, `permission`, `ownerOf`, `scope` and `recentLogin`. */
export type Rule<R extends string = string> = {
  readonly [K in keyof RuleTerms<R>]: { readonly kind: K } & RuleTerms<R>[K];
}[keyof RuleTerms<R>];

/** Asks for the owner of the resource that a route's parameter names. */
export interface OwnerTerms {
  readonly store: ResourceStoreClass;
  readonly parameter: string;
  /** The owner's username; only a string that is the user's own grants. */
  readonly owner: (resource: object) => unknown;
  /** Whether the rule holds for a resource that does not exist. */
  readonly whenMissing: 'run' | 'deny';
}

/** A rule of {@link ownerOf}: the user owns the resource that the route names. */
export type OwnerRule = Extract<Rule, { readonly kind: 'owner' }>;

/**
 * One guard and where it was written, for example `class NotesController`; a parameter that requires a user is one
 * where nothing else guards, for example `parameter 1 of NotesController.list`. Each level must hold by itself.
 */
export interface AccessLevel {
  readonly rule: Rule;
  readonly source: string;
}

/** The effective access of one route, compiled once from every guard that the way up has, or that of something else. */
export interface Access {
  /** For example `NotesController.list`; outside of actions `guard NAME` or `event NAME`. */
  readonly action: string;
  /**
   * The HTTP method as routing-controllers has it, in upper case; `ALL` for `@All`. That of the request outside of
   * actions, and `ALL` where there is none.
   */
  readonly method: string;
  /** The route with its prefixes, `/` for the root; a regular expression as its source; undefined outside of actions. */
  readonly route: string | undefined;
  /** True when the route is a regular expression. */
  readonly isPattern: boolean;
  /** The route parameters that name a resource and that the action gets as numbers. */
  readonly numericParameters: readonly string[];
  /** Empty when the action is open to anyone. */
  readonly levels: readonly AccessLevel[];
  /** Where the openness was written: `@Public() on ...`; undefined when it is guarded or open by default. */
  readonly openedBy: string | undefined;
}

/** The access of an action. */
export interface ActionAccess extends Access {
  readonly route: string;
}
