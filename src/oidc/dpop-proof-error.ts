/** The proof is invalid; the client may make another. */
export class DpopProofError extends Error {
  override readonly name = 'DpopProofError';

  /**
   * @param error the code for the client (RFC 9449 sections 7.1 and 9)
   * @param nonce the nonce that the next proof must have
   */
  constructor(
    message: string,
    readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' = 'invalid_dpop_proof',
    readonly nonce?: string,
  ) {
    super(message);
  }
}
