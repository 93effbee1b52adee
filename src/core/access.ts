import type { Predicate, RoleChecker } from './role-checker';

/** A policy class, created by the container. */
export type PolicyClass = new (...args: never[]) => RoleChecker;

/** What one guard asks for. Made by `@Authorized`'s argument, `allOf` and `anyOf`. */
export type Rule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'all' | 'any'; readonly rules: readonly Rule[] }
  | { readonly kind: 'policy'; readonly policy: PolicyClass }
  | { readonly kind: 'predicate'; readonly predicate: Predicate };

/** One guard and where it was written, for example `class NotesController`. Each level must hold by itself. */
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
  /** The route with its prefixes; a regular expression as its source. */
  readonly route: string;
  /** Empty when the action is open to anyone. */
  readonly levels: readonly AccessLevel[];
  /** Where the openness was written: `@Public() on ...`; undefined when it is guarded or open by default. */
  readonly openedBy: string | undefined;
  /** True when a parameter asks for a user by `required: true`, so that anonymous requests are refused. */
  readonly requiresUser: boolean;
}
