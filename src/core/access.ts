import type { ResourceStoreInterface } from './resource';
import type { Predicate, RoleChecker } from './role-checker';

/** A policy class, created by the container. */
export type PolicyClass = new (...args: never[]) => RoleChecker;

/** A class that resources are loaded from, created by the container. */
export type ResourceStoreClass<T extends object = object> = new (
  ...args: never[]
) => ResourceStoreInterface<T>;

/** What one guard asks for. Made by `@Authorized`'s argument, `allOf`, `anyOf`, `permission` and `ownerOf`. */
export type Rule<R extends string = string> =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'role'; readonly role: R }
  | { readonly kind: 'permission'; readonly permission: string }
  | { readonly kind: 'all' | 'any'; readonly rules: readonly Rule<R>[] }
  | { readonly kind: 'policy'; readonly policy: PolicyClass }
  | { readonly kind: 'predicate'; readonly predicate: Predicate }
  | OwnerRule;

/** Asks for the owner of the resource that a route's parameter names. */
export interface OwnerRule {
  readonly kind: 'owner';
  readonly store: ResourceStoreClass;
  readonly parameter: string;
  /** The owner's username; only a string that is the user's own grants. */
  readonly owner: (resource: object) => unknown;
  /** Whether the rule holds for a resource that does not exist. */
  readonly whenMissing: 'run' | 'deny';
}

/**
 * One guard and where it was written, for example `class NotesController`; a parameter that requires a user is one
 * where nothing else guards, for example `parameter 1 of NotesController.list`. Each level must hold by itself.
 */
export interface AccessLevel {
  readonly rule: Rule;
  readonly source: string;
}

/** The effective access of one route, compiled once from every guard that the way up has. */
export interface Access {
  /** For example `NotesController.list`. */
  readonly action: string;
  /** The HTTP method as routing-controllers has it, in upper case; `ALL` for `@All`. */
  readonly method: string;
  /** The route with its prefixes, `/` for the root; a regular expression as its source. */
  readonly route: string;
  /** True when the route is a regular expression. */
  readonly isPattern: boolean;
  /** The route parameters that name a resource and that the action gets as numbers. */
  readonly numericParameters: readonly string[];
  /** Empty when the action is open to anyone. */
  readonly levels: readonly AccessLevel[];
  /** Where the openness was written: `@Public() on ...`; undefined when it is guarded or open by default. */
  readonly openedBy: string | undefined;
}
