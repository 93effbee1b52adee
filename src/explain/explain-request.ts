import { METHODS } from 'node:http';
import type { StatedIdentity } from '../security/trial';
import { flag, isText, kind, oneOf, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, type Values } from '../util/parse-options';

/** The request to explain. */
export interface ExplainRequest {
  /**
   * The HTTP method, in upper or lower case. `CONNECT` has no route. `*` means that `path` names a guard outside of
   * actions.
   */
  method: string;
  /**
   * The path as in a request line: percent-encoded, with a leading slash. Only the code that `run` calls sees its
   * query. With the method `*` it is the name of a guard.
   */
  path: string;
  /**
   * The sender: a client without credentials, any login of a user with these roles (an empty list is a user without
   * roles), or a user of the app's stores. @default 'anonymous'
   */
  as?: 'anonymous' | { roles: readonly string[] } | { user: string };
  /**
   * True calls the app's own code: stores, policies, role loaders, authorization providers, the `skip` hook. They run
   * as for a real request, with all side effects. The login is made at this moment and has every scope. Must not be
   * true for a guard, because its requests are unknown. @default false
   */
  run?: boolean;
  /** The host that finds the route. @default 'koa' if it is installed */
  driver?: 'koa' | 'express';
}

const MAX_PATH = 8000;

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && Array.from(value as unknown[]).every(isText);

function isIdentity(value: unknown): boolean {
  if (value === 'anonymous') return true;
  if (!isPlainObject(value) || Object.keys(value).length !== 1) return false;
  return Object.hasOwn(value, 'user') ? isText(value['user']) : isNames(value['roles']);
}

const OPTIONS = {
  method: kind<string>(
    'must be an HTTP method such as GET',
    (value) =>
      typeof value === 'string' && METHODS.includes(value.toUpperCase()) && value.toUpperCase() !== 'CONNECT',
  ),
  path: kind<string>(
    `must be a percent-encoded path of at most ${String(MAX_PATH)} characters, such as /notes/7`,
    (value) => typeof value === 'string' && value.length <= MAX_PATH && /^\/[!-~]*$/.test(value),
  ),
  as: optional(
    kind<StatedIdentity>("must be 'anonymous', { roles: [...] } or { user: '...' }", isIdentity),
    'anonymous',
  ),
  run: optional(flag, false),
  driver: optional(oneOf('koa', 'express')),
} satisfies Record<keyof ExplainRequest, Kind<unknown>>;

/** The method of a guard outside of actions, as in the report. */
export const GUARD_METHOD = '*';

const GUARD_OPTIONS = {
  ...OPTIONS,
  method: oneOf(GUARD_METHOD),
  path: kind<string>('must be the name of a guard', isText),
  run: optional(
    kind<boolean>('must not be true for a guard: its requests are unknown', (value) => value === false),
    false,
  ),
} satisfies Record<keyof ExplainRequest, Kind<unknown>>;

/** @throws ConfigurationError that names each unknown or invalid member */
export function parseExplainRequest(given: ExplainRequest): Values<typeof OPTIONS> {
  const isOfGuard = isPlainObject(given) && given.method === GUARD_METHOD;
  const { method, ...request } = parseOptions('explain()', given, isOfGuard ? GUARD_OPTIONS : OPTIONS);
  return { ...request, method: method.toUpperCase() };
}
