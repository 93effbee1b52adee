/** Passkeys, through the optional peer `@simplewebauthn/server`. */
export { passkeyController } from './passkey-controller';
export { passkeyRoutes } from './passkey-routes';
export type { PasskeyControllerOptions } from './passkey-table';
export type { PasskeyServiceOptions } from './passkey-options';
export { PasskeyService } from './passkey-service';
