/** Passkeys, through the optional peer `@simplewebauthn/server`. */
export { passkeyController, type PasskeyControllerOptions } from './passkey-controller';
export type { PasskeyServiceOptions } from './passkey-options';
export { PasskeyService } from './passkey-service';
