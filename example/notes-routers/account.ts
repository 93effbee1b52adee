/** The routes of users for their own logins, which both hosts share: `/token`, `/password` and `/api-keys`. */
import { apiKeyRoutes, type Middleware, passwordRoutes, type Security, tokenRoutes } from 'securest/routers';
import { Keys } from '../notes/keys';
import { Tokens } from '../notes/tokens';

export function accountRoutes(security: Security): readonly Middleware[] {
  return [
    tokenRoutes(security, { tokens: Tokens }),
    passwordRoutes(security, { tokens: Tokens }),
    apiKeyRoutes(security, { keys: Keys }),
  ];
}
