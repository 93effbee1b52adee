/**
 * The steps of one login at a provider: it sends the browser to the provider, and processes the response.
 */
import type { LoginFlow } from '../account/login-flow';
import { Authentication } from '../core/authentication';
import { personOf } from '../core/person';
import { userstoreOf } from '../core/userstore';
import { BadCredentialsError, InvalidRequestError, SecurityError, ServiceUnavailableError } from '../errors';
import { type OwnReply, redirectTo } from '../http/own-reply';
import { returnPath } from '../http/return-path';
import { refuseInClear } from '../sessions/start-session';
import { isInstance } from '../util/instance';
import type { OidcLoginSettings } from './login-options';
import type { LoginProvider, Redeemed } from './login-provider';
import { bindingOf, LoginCookies, newLogin, type OpenLogin, readLogin } from './open-login';
import { redirectUriOf } from './redirect-uri';

/** The reasons of a failed login that the login page may see. */
type Failure = 'login_expired' | 'login_failed' | 'access_denied' | 'no_account';

const MAX_ACR = 500;
/** Longer ID tokens are not kept: a row of the state store has no room for them. */
const MAX_ID_TOKEN = 16_384;

/** Sends a browser to the provider. @throws ServiceUnavailableError while the provider's metadata is unavailable */
export async function beginLogin(
  flow: LoginFlow,
  provider: LoginProvider,
  { call, issuer, baseUrl, maxOpenLogins }: OidcLoginSettings,
): Promise<OwnReply> {
  provider.heed(flow.answers.app());
  // Over plain HTTP the browser would drop the cookie, and come back without it.
  refuseInClear(flow.parts, flow.request);
  const query = queryOf(flow.request.url);
  const acr = wished(query, 'acr', isAcr);
  const maxAge = wished(query, 'maxAge', (text) => /^\d{1,9}$/.test(text));
  const redirectUri = redirectUriOf(baseUrl, flow.route);
  const wish = {
    binding: bindingOf(issuer, redirectUri),
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
    returnTo: returnPath(wished(query, 'returnTo', () => true)),
  };
  const login = newLogin(wish, provider.now());
  const location = await provider
    .authorizationUrl(redirectUri, login, { maxAge: wish.maxAge, acr })
    .catch((error: unknown) => failed(flow, call, error));
  const lines = cookiesOf(flow).lines(flow.request.header('cookie'), login, maxOpenLogins);
  return { ...redirectTo(location), headers: { Location: location, 'Set-Cookie': lines } };
}

/** Processes the response of the provider. */
export async function answerLogin(
  flow: LoginFlow,
  provider: LoginProvider,
  settings: OidcLoginSettings,
): Promise<OwnReply> {
  provider.heed(flow.answers.app());
  const query = queryOf(flow.request.url);
  const [state = '', ...others] = query.getAll('state');
  if (others.length > 0) return failure(flow, 'login_failed');
  const cookies = cookiesOf(flow);
  const name = cookies.nameOf(state);
  const login = name === undefined ? undefined : readLogin(flow.request.cookie(name), state, provider.now());
  if (name === undefined || login === undefined) return failure(flow, 'login_expired');
  const redirectUri = redirectUriOf(settings.baseUrl, flow.route);
  // The response belongs to another provider of this app: a mix-up attack (RFC 9700 section 4.4).
  if (login.binding !== bindingOf(settings.issuer, redirectUri)) throw new InvalidRequestError();
  const reply = await outcomeOf(flow, provider, settings, { query, state, login, redirectUri });
  return { ...reply, headers: { ...reply.headers, 'Set-Cookie': [cookies.clear(name)] } };
}

interface Answered {
  readonly query: URLSearchParams;
  readonly state: string;
  readonly login: OpenLogin;
  readonly redirectUri: string;
}

/** @throws ServiceUnavailableError when the provider is unavailable: the cookie stays then, for a reload */
async function outcomeOf(
  flow: LoginFlow,
  provider: LoginProvider,
  settings: OidcLoginSettings,
  { query, state, login, redirectUri }: Answered,
): Promise<OwnReply> {
  const { returnTo } = login;
  const refused = (code: Failure): OwnReply => failure(flow, code, returnTo);
  const answer = new URL(`${redirectUri}?${query.toString()}`);
  let redeemed: Redeemed;
  try {
    if (['code', 'error', 'iss'].some((parameter) => query.getAll(parameter).length > 1)) {
      throw new BadCredentialsError({ cause: new Error('A parameter of the answer comes twice') });
    }
    await provider.checkIssuer(query.get('iss'));
    const error = query.get('error');
    if (error === 'access_denied') return refused('access_denied');
    if (error !== null) throw answeredError(error);
    if ((query.get('code') ?? '') === '') {
      throw new BadCredentialsError({ cause: new Error('The answer has no code') });
    }
    redeemed = await provider.redeem(answer, state, login);
  } catch (cause) {
    return failed(flow, settings.call, cause).catch((error: unknown) => {
      if (isRefusal(error)) return refused('login_failed');
      throw error;
    });
  }
  const known: Known = { isKnown: true };
  try {
    const proved = await loginOf(flow, settings, redeemed, known);
    const { issuer } = settings;
    const { subject, sid, acr, idToken } = redeemed;
    const kept = idToken.length <= MAX_ID_TOKEN ? idToken : undefined;
    const members = returnTo === undefined ? {} : { returnTo };
    const idp = { issuer, subject, sid, acr, idToken: kept };
    return await flow.begin(proved, { members, isForm: true }, idp);
  } catch (error) {
    if (isRefusal(error)) return refused(known.isKnown ? 'login_failed' : 'no_account');
    throw error;
  }
}

/** Set while a login is being proved. */
interface Known {
  isKnown: boolean;
}

/** The login of the identity's user. @throws BadCredentialsError when the identity has no account */
function loginOf(
  flow: LoginFlow,
  { call, issuer, user }: OidcLoginSettings,
  { subject, claims, acr, factors }: Redeemed,
  known: Known,
): Promise<Authentication> {
  return flow.answers.prove(flow.action, call, async (_request, userstore) => {
    const nobody = (problem: string): BadCredentialsError => {
      known.isKnown = false;
      return new BadCredentialsError({ cause: new Error(problem) });
    };
    const named = (await user(Object.freeze({ issuer, subject, claims }))) as unknown;
    if (named === undefined || named === null) throw nobody('The identity at the provider has no account');
    const name = (typeof named === 'string' ? { username: named } : named) as { username: string };
    const app = flow.answers.app();
    const { username, store } = personOf(`${call}: user()`, name, app);
    const found = await userstore.getUser(username);
    if (found === null || found === undefined) throw nobody('The userstore does not have the user');
    const origin = userstoreOf(userstore, found);
    // A store that is asked earlier has a user of the same name, who is another person.
    if (origin?.isOneOfSeveral === true && origin.name !== store) {
      throw nobody('Another userstore has the user');
    }
    return new Authentication(found, {
      factors,
      claims: { issuer, subject, ...(acr !== undefined && { acr }) },
    });
  });
}

/** Rejects with a failure at the provider, after the app has been notified of it as of a failed login. */
function failed(flow: LoginFlow, call: string, error: unknown): Promise<never> {
  return flow.answers.prove(flow.action, call, () => {
    throw error;
  }) as Promise<never>;
}

function answeredError(error: string): SecurityError {
  const cause = new Error('The provider answered with an error');
  const isDown = error === 'server_error' || error === 'temporarily_unavailable';
  return isDown ? new ServiceUnavailableError({ cause }) : new BadCredentialsError({ cause });
}

function failure(flow: LoginFlow, error: Failure, returnTo?: string): OwnReply {
  return redirectTo(flow.pageOf({ error, returnTo }));
}

function isRefusal(error: unknown): boolean {
  return isInstance<SecurityError>(error, SecurityError) && error.httpCode === 401;
}

function cookiesOf({ parts }: LoginFlow): LoginCookies {
  return new LoginCookies(parts.settings.cookie.insecure);
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
}

function isAcr(text: string): boolean {
  return text.length <= MAX_ACR && /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text);
}

/**
 * @throws InvalidRequestError for a repeated parameter or an invalid value: a requested condition must not be dropped
 */
function wished(
  query: URLSearchParams,
  name: string,
  accepts: (text: string) => boolean,
): string | undefined {
  const [text, ...others] = query.getAll(name);
  if (text === undefined || text === '') return undefined;
  if (others.length === 0 && accepts(text)) return text;
  throw new InvalidRequestError({ cause: new Error(`\`${name}\` is not valid`) });
}
