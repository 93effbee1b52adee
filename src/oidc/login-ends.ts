/** Ends the sessions of logins at a provider: by the user, who logs out there too, or by the provider. */
import type { LoginFlow } from '../account/login-flow';
import { InvalidRequestError, TokenInvalidError } from '../errors';
import { type OwnReply, redirectTo } from '../http/own-reply';
import { textIn } from '../http/read-body';
import { endOfIdp } from '../sessions/idp-index';
import { openSession } from '../sessions/open-session';
import type { IdpRecord } from '../sessions/session-record';
import { isInstance } from '../util/instance';
import type { OidcLoginSettings } from './login-options';
import type { LoginProvider } from './login-provider';

/**
 * Ends the session here, and then sends the browser to the provider to end the session there.
 * @see OpenID Connect RP-Initiated Logout 1.0 section 2
 */
export async function logOut(
  flow: LoginFlow,
  provider: LoginProvider,
  { issuer, baseUrl }: OidcLoginSettings,
): Promise<OwnReply> {
  provider.heed(flow.answers.app());
  // If the state store is down, end() reports it, after it has cleared the cookie.
  const idp = await idpOf(flow).catch(() => undefined);
  await flow.sessions.end(flow.request);
  await flow.body();
  const { loginPage } = flow;
  if (idp?.issuer !== issuer) return redirectTo(loginPage);
  return redirectTo((await provider.logoutUrl(idp.idToken, `${baseUrl}${loginPage}`)) ?? loginPage);
}

async function idpOf({ parts, request }: LoginFlow): Promise<IdpRecord | undefined> {
  return (await openSession(parts, request))?.stored.record.idp;
}

/**
 * Ends the sessions that the provider declares over. The token is marked as used only after that, so that a retry after
 * an outage works.
 * @throws InvalidRequestError for a token that is invalid or was used before
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.7
 */
export async function endByProvider(flow: LoginFlow, provider: LoginProvider): Promise<OwnReply> {
  provider.heed(flow.answers.app());
  const body = await flow.body();
  const token = body.isForm ? textIn(body, 'logout_token') : undefined;
  if (token === undefined) throw refused(new Error('There is no logout_token'));
  const logout = await provider.readLogout(token).catch((error: unknown) => {
    throw isInstance(error, TokenInvalidError) ? refused(error) : error;
  });
  await endOfIdp(flow.parts, logout, flow.request);
  if (!(await flow.parts.store.spend(logout.id, logout.until))) {
    throw refused(new Error('The logout_token came before'));
  }
  return { status: 200, json: {} };
}

function refused(cause: unknown): InvalidRequestError {
  return new InvalidRequestError({ cause });
}
