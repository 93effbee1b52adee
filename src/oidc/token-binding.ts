/** Tokens that are valid only together with a key of the client. @see RFC 9449 section 7.1, RFC 8705 section 3 */
import { hash } from 'node:crypto';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { MalformedCredentialsError, TokenInvalidError } from '../errors';
import { sentPath } from '../http/matched-path';
import { isInstance } from '../util/instance';
import { isSameSecret } from '../util/same-secret';
import type { Binding } from './access-token';
import type { DpopProofs } from './dpop';
import { DpopProofError } from './dpop-proof-error';
import type { SentToken } from './sent-token';

export class TokenBindings {
  /**
   * @param proofs undefined if tokens that are bound to a key are refused
   * @param isProofRequired true if tokens that are not bound to a key are refused
   */
  constructor(
    private readonly proofs: DpopProofs | undefined,
    private readonly isProofRequired: boolean,
  ) {}

  /**
   * Checks that the client has the keys that its token is bound to.
   * @returns a nonce that the response must carry
   * @throws TokenInvalidError when the client has not proved it, ServiceUnavailableError when it is unknown whether the
   * proof was used before
   */
  check(
    request: SecurityRequest,
    { token, scheme }: SentToken,
    { jkt, certificate }: Binding,
  ): MaybePromise<string | undefined> {
    if (certificate !== undefined) {
      const raw = request.clientCertificate?.raw;
      const own = raw === undefined ? '' : hash('sha256', raw, 'base64url');
      if (!isSameSecret(own, certificate)) throw unbound('The token is bound to another certificate');
    }
    if (jkt === undefined) {
      if (scheme === 'dpop') throw unbound('The token is bound to no key, and came as DPoP');
      if (this.isProofRequired) throw unbound('The token is bound to no key');
      return undefined;
    }
    if (scheme !== 'dpop') throw unbound('The token is bound to a key, and came as Bearer');
    if (this.proofs === undefined) throw unbound('The token is bound to a key, and no proof is checked');
    return proved(this.proofs, request, token, jkt);
  }
}

async function proved(
  proofs: DpopProofs,
  request: SecurityRequest,
  token: string,
  jkt: string,
): Promise<string | undefined> {
  const { method } = request;
  try {
    return await proofs.check(proofOf(request), { method, path: pathOf(request), token, jkt });
  } catch (cause) {
    if (!(cause instanceof DpopProofError)) throw cause;
    throw new TokenInvalidError({
      cause,
      challenge: { error: cause.error },
      ...(cause.nonce !== undefined && { replyHeaders: { 'DPoP-Nonce': cause.nonce } }),
    });
  }
}

/** At the root of a mounted app, the router matches a slash that the client did not send. */
function pathOf({ path, url }: SecurityRequest): string {
  const sent = sentPath(url);
  return path === `${sent}/` ? sent : path;
}

/** Several proofs count as an invalid proof. */
function proofOf(request: SecurityRequest): string | undefined {
  try {
    return request.header('dpop');
  } catch (cause) {
    if (isInstance(cause, MalformedCredentialsError)) throw new DpopProofError('There are several proofs');
    throw cause;
  }
}

function unbound(reason: string): TokenInvalidError {
  return new TokenInvalidError({ cause: new Error(reason) });
}
