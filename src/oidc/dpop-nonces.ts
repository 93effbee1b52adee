import { createHmac, type KeyObject } from 'node:crypto';
import type { Clock } from '../util/clock';
import { isSameSecret } from '../util/same-secret';
import { DpopProofError } from './dpop-proof-error';

/**
 * Nonces that clients must put into their proofs, so that no proof can be made in advance. They are derived from the
 * time and a secret: nothing is stored, and every process with the secret knows them.
 * @see RFC 9449 section 9
 */
export class DpopNonces {
  readonly #secret: KeyObject;
  readonly #windowMs: number;

  constructor(
    settings: { readonly secret: KeyObject; readonly seconds: number },
    private readonly clock: Clock,
  ) {
    this.#secret = settings.secret;
    this.#windowMs = settings.seconds * 1000;
  }

  /** The present nonce. */
  get present(): string {
    return this.#of(this.#window());
  }

  /**
   * @returns the present nonce if the proof has the previous nonce
   * @throws DpopProofError with the present nonce when the proof has neither
   */
  check(nonce: unknown): string | undefined {
    const window = this.#window();
    const present = this.#of(window);
    if (typeof nonce === 'string') {
      if (isSameSecret(nonce, present)) return undefined;
      if (isSameSecret(nonce, this.#of(window - 1))) return present;
    }
    throw new DpopProofError('nonce is missing, or too old', 'use_dpop_nonce', present);
  }

  #window(): number {
    return Math.floor(this.clock() / this.#windowMs);
  }

  #of(window: number): string {
    return createHmac('sha256', this.#secret)
      .update(`dpop-nonce:${String(window)}`)
      .digest('base64url');
  }
}
