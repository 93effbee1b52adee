import type { Constructor } from '../components/constructor';
import type * as Controllers from '../host/controllers/own-controller';
import { lazy } from '../util/lazy';
import { type PasskeyControllerOptions, passkeyTable } from './passkey-table';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the rest works without routing-controllers
const host = lazy(() => require('../host/controllers/own-controller') as typeof Controllers);

/**
 * A controller for passkeys, in JSON. Responses of the browser (`toJSON()` of its credential) may also be sent as text
 * in a form, which is answered by redirects. Every request that changes something must come from a page of this app or
 * of `trustedOrigins`.
 *
 * - `POST /passkeys/options` with `{ for }`: 200 with the argument of `navigator.credentials`, to be parsed by
 *   `PublicKeyCredential.parseRequestOptionsFromJSON()`, or for `add` by `parseCreationOptionsFromJSON()`. `login` is
 *   public, `factor` is for half logins and sessions, `add` for fresh sessions.
 * - `POST /passkeys/login` with `{ response, returnTo? }`, public: a complete login, answered as `POST /session`.
 * - `POST /passkeys/factor` with `{ response, returnTo? }`: completes a half login, or steps a session up: 200
 *   `{ username }`, a form goes to `returnTo`.
 * - `GET /passkeys`, for a session: the user's passkeys, the newest first, each
 *   `{ id, name, device, createdAt, lastUsedAt? }`.
 * - `POST /passkeys` with `{ response, name? }`, for a fresh session: 201 with the new passkey; 400 `invalid_request`
 *   if the user has `maxPerUser` passkeys. `DELETE /passkeys/:id`, for a fresh session: 204, or 404 if the user has no
 *   such passkey.
 *
 * A session is fresh if its login is at most five minutes old, and by two factors if the user has a second factor.
 * Otherwise the response is 403 `insufficient_user_authentication`. Responses that prove nothing get 401, also repeated
 * responses; after many failures from one address 429.
 * @throws ConfigurationError for options that are unknown or invalid
 * @example controllers: [passkeyController({ passkeys: Passkeys, sessions: Sessions })]
 */
export function passkeyController(options: PasskeyControllerOptions): Constructor<object> {
  const table = passkeyTable('passkeyController()', options);
  return host().ownController('PasskeyController', table);
}
