/** Types of published strategies that have no types of their own, by their documentation. */
import type { PassportStrategy } from '../../src/passport/index';

type Done = (error: unknown, user?: object | false, info?: unknown) => void;

interface LdapOptions {
  server: { url: string; searchBase: string; searchFilter: string; connectTimeout?: number };
  handleErrorsAsFailures?: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- it has no types
export const CookieStrategy = require('passport-cookie') as new (
  options: { cookieName: string },
  verify: (token: string, done: Done) => void,
) => PassportStrategy;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- it has no types
export const LdapStrategy = require('passport-ldapauth') as new (options: LdapOptions) => PassportStrategy;
