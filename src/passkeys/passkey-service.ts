/**
 * Passkeys: key pairs that authenticators keep for one app, and use after they have verified their person. An app's service
 * extends {@link PasskeyService} and hands itself to a `passkeyController()`.
 */
import type { AppFacts } from '../core/auth-provider';
import type { FactorOwner, SecondFactorInterface } from '../factors/second-factor';
import { Throttle } from '../throttle/throttle';
import type { Clock } from '../util/clock';
import { Challenges } from './challenges';
import { keysOf } from '../factors/factor-secret';
import { isAddress, type PasskeyServiceOptions, passkeySettings } from './passkey-options';
import type { PasskeyParts } from './passkey-parts';
import { StoredPasskeys } from './stored-passkeys';
import { loadWebAuthn } from './webauthn';

/** What the controller asks of a service. */
export interface PasskeyKeeper {
  readonly parts: PasskeyParts;
  onStart(app: AppFacts): void;
}

/** Failures an hour from one address that are free, as of wrong passwords. */
const PER_ADDRESS = 100;
/** Nobody can use up what is another's: there is no account before the passkey is right. */
const PER_ACCOUNT = 1_000_000;

let keeperIn: (passkeys: PasskeyService) => PasskeyKeeper;
let isOne: (value: unknown) => value is PasskeyService;

/**
 * Makes and proves passkeys, with the optional peer `@simplewebauthn/server`. A passkey is used by a verified person only
 * (by a PIN or a finger), so that one alone is a login with two factors. Each response counts once; of what anonymous clients
 * ask for nothing is kept.
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
   * @throws ConfigurationError for options that are unknown, missing or not valid, and where `@simplewebauthn/server` is not
   * installed
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
        if (!isAddress(settings.rpId)) return;
        const problem =
          'rpId is an address, and browsers make passkeys for domains only: open the app by http://localhost';
        app.report({ component, problem });
      },
    };
  }

  /** @throws ServiceUnavailableError when the store cannot say */
  async isEnrolled(user: FactorOwner): Promise<boolean> {
    return (await this.#keeper.parts.stored.list(user)).length > 0;
  }
}

/** For the controller. Apps have no use for it, so it is not a member. */
export function passkeysIn(passkeys: PasskeyService): PasskeyKeeper {
  return keeperIn(passkeys);
}

export function isPasskeyService(value: unknown): value is PasskeyService {
  return isOne(value);
}
