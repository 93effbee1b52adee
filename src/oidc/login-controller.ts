import type { Constructor } from '../components/constructor';
import type * as Controllers from '../host/controllers/own-controller';
import { lazy } from '../util/lazy';
import type { OidcLoginControllerOptions } from './login-options';
import { oidcLoginTable } from './login-table';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the rest works without routing-controllers
const host = lazy(() => require('../host/controllers/own-controller') as typeof Controllers);

/**
 * A controller for logins at an OpenID provider, through the optional peers `openid-client` and `jose`: authorization
 * code flow with PKCE, for a client with a secret or a key. It starts a session. It keeps no token but the ID token,
 * which it stores in the session's entry for the logout.
 *
 * - `GET /oidc/login?returnTo=&maxAge=&acr=`: 303 to the provider. `maxAge`, in seconds, and `acr` ask for a fresh or a
 *   stronger login, as step-ups do.
 * - `GET /oidc/callback`: the redirect URI to register at the provider, preceded by `baseUrl` and the app's prefix; it
 *   is printed at the start. 303 to `returnTo`, or to the login page with `error`: `login_expired`, `login_failed`,
 *   `access_denied` or `no_account`. 503 when the provider is unavailable: a reload works then.
 * - `POST /oidc/logout`, for a form: ends the session, then 303 to the provider's logout, or else to the login page.
 * - `POST /oidc/backchannel`: lets the provider end sessions. 200, 400 for an invalid token, 503.
 *
 * @throws ConfigurationError without the packages, and for options that are unknown, missing or out of bounds
 * @example
 * ```ts
 * oidcLoginController({
 *   sessions: Sessions,
 *   issuer: 'https://id.example',
 *   clientId: 'notes',
 *   clientSecret: process.env.OIDC_SECRET,
 *   baseUrl: 'https://notes.example',
 *   user: ({ issuer, subject }) => accounts.find(issuer, subject),
 * });
 * ```
 * @see OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207, RFC 9700
 */
export function oidcLoginController(options: OidcLoginControllerOptions): Constructor<object> {
  const table = oidcLoginTable('oidcLoginController()', options);
  return host().ownController('OidcLoginController', table);
}
