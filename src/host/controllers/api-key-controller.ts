import { type ApiKeyControllerOptions, apiKeyTable } from '../../account/api-key-table';
import type { Constructor } from '../../components/constructor';
import { ownController } from './own-controller';

/**
 * A controller for users to create and revoke their own API keys. `GET /api-keys` lists them. `POST` with
 * `{ name, scopes, days }` answers 201 with `{ key, info }`; the key is shown only this once. `DELETE /api-keys/:id`
 * answers 204, or 404 if the user has no such key.
 *
 * All actions require a login that is proved in the request, such as by a password, or a session whose login is at most
 * five minutes old (else 403): a token or key that someone holds for a moment must not be exchanged for a permanent
 * one. Invalid requests and too many keys are answered with 400 `invalid_request`.
 * @throws ConfigurationError for unknown, missing or invalid options
 */
export function apiKeyController(options: ApiKeyControllerOptions): Constructor<object> {
  return ownController('ApiKeyController', apiKeyTable('apiKeyController()', options));
}
