/**
 * Passkeys: key pairs that authenticators keep for one app, and use after they have verified their user. An app's
 * service extends {@link PasskeyService} and hands itself to a `passkeyController()`.
 */
import type { AppFacts } from '../core/auth-provider';
import { reportMemory } from '../factors/memory-factors';
import type { FactorOwner, SecondFactorInterface } from '../factors/second-factor';
import { Throttle } from '../throttle/throttle';
import type { Clock } from '../util/clock';
import { Challenges } from './challenges';
import { keysOf } from '../factors/factor-secret';
import { isAddress, type PasskeyServiceOptions, passkeySettings } from './passkey-options';
import type { PasskeyParts } from './passkey-parts';
import { StoredPasskeys } from './stored-passkeys';
import { loadWebAuthn } from './webauthn';

/** The functions of a service for the controller. */
export interface PasskeyKeeper {
  readonly parts: PasskeyParts;
  onStart(app: AppFacts): void;
}

/** Free failures per hour and address, as for wrong passwords. */
const PER_ADDRESS = 100;
/** So large that nobody can lock out another user: there is no account before the passkey is right. */
const PER_ACCOUNT = 1_000_000;

let keeperIn: (passkeys: PasskeyService) => PasskeyKeeper;
let isOne: (value: unknown) => value is PasskeyService;

/**
 * Creates and verifies passkeys, with the optional peer `@simplewebauthn/server`. Authenticators must verify their user
 * (by a PIN or a finger), so a passkey alone is a login with two factors. Each response counts once. The requests of
 * anonymous clients store nothing.
 *
 * @example
 * ```ts
 * @Service()
 * class Passkeys extends PasskeyService {
 *   constructor() {
 *     super({
 *       store: new SqlFactors({ client: pool }),
 *       secret: process.env.FACTOR_SECRET,
 *       rpId: 'app.example',
 *       origins: ['https://app.example'],
 *     });
 *   }
 * }
 * ```
 * @see WebAuthn Level 3
 */
export class PasskeyService implements SecondFactorInterface {
  readonly kind = 'passkey';
  readonly #keeper: PasskeyKeeper;

  static {
    keeperIn = (passkeys) => passkeys.#keeper;
    isOne = (value): value is PasskeyService =>
      typeof value === 'object' && value !== null && #keeper in value;
  }

  /**
   * @throws ConfigurationError for options that are unknown, missing or invalid, and when `@simplewebauthn/server` is
   * not installed
   */
  constructor(options: PasskeyServiceOptions) {
    const settings = passkeySettings(new.target.name, options);
    loadWebAuthn();
    const [handleKey] = keysOf(settings.secrets, 'passkey users') as [Buffer];
    let clock: Clock = settings.clock ?? Date.now;
    let realm = settings.rpId;
    const now = (): number => clock();
    const component = new.target.name;
    this.#keeper = {
      parts: {
        settings,
        stored: new StoredPasskeys(settings.store),
        challenges: new Challenges(
          keysOf(settings.secrets, 'passkey challenges'),
          settings.challengeSeconds,
          now,
        ),
        handleKey,
        throttle: new Throttle({
          perPair: PER_ADDRESS,
          perAddress: PER_ADDRESS,
          perAccount: PER_ACCOUNT,
        }),
        rpName: () => settings.rpName ?? realm,
        now,
      },
      onStart: (app) => {
        clock = settings.clock ?? app.clock;
        ({ realm } = app);
        reportMemory(component, settings.store, app);
        if (!isAddress(settings.rpId)) return;
        const problem =
          'rpId is an address, and browsers make passkeys for domains only: open the app by http://localhost';
        app.report({ component, problem });
      },
    };
  }

  /** @throws ServiceUnavailableError when the store is unavailable */
  async isEnrolled(user: FactorOwner): Promise<boolean> {
    return (await this.#keeper.parts.stored.list(user)).length > 0;
  }
}

/** For the controller. Apps do not need it, so it is not a member. */
export function passkeysIn(passkeys: PasskeyService): PasskeyKeeper {
  return keeperIn(passkeys);
}

export function isPasskeyService(value: unknown): value is PasskeyService {
  return isOne(value);
}
