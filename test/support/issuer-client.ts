/** An issuer from the view of its clients and users, who log in without a browser. It may run in any process. */
import type { JWK } from 'oidc-provider';

export const AUDIENCE = 'notes-api';
export const REDIRECT_URI = 'https://app.example/callback';
export const CERTIFICATE_HEADER = 'x-tls-certificate';
export const SCOPES = 'notes:read notes:write';

export type TokenFormat = 'EdDSA' | 'ES256' | 'RS256' | 'opaque';

/** The contents that the issuer is asked to put into a user's token. */
export interface UserToken {
  readonly format?: TokenFormat;
  readonly scope?: string;
  readonly audience?: string;
  readonly jkt?: string;
  readonly x5t?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** How a user logged in. */
export interface LoginFacts {
  readonly accountId: string;
  readonly acr?: string;
  readonly secondsAgo?: number;
}

/** The resource that a client names to get a token of a format. @see RFC 8707 */
export function resourceOf(format: TokenFormat): string {
  return `https://api.example/${format}`;
}

export function secretOf(client: string): string {
  return `the secret of ${client}`;
}

export abstract class IssuerClient implements AsyncDisposable {
  /** The next login: its user and method. */
  login: LoginFacts = { accountId: 'u-1' };
  abstract readonly issuer: string;

  /** Replaces the keys; the first key of an algorithm signs. */
  abstract publish(keys: readonly JWK[]): void | Promise<void>;
  /** Closes the server. */
  abstract down(): Promise<void>;
  /** Listens again, at the same address. */
  abstract up(): Promise<void>;
  /** The number of requests for a path. */
  abstract count(path: string): number | Promise<number>;
  /** A token of a user, made with the issuer's own models. */
  abstract userToken(accountId: string, token?: UserToken): Promise<string>;
  abstract [Symbol.asyncDispose](): Promise<void>;

  /** Sends a request to the token endpoint as the client `name`, with its secret. */
  async tokens(
    form: Record<string, string>,
    name = 'web',
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${name}:${secretOf(name)}`).toString('base64')}`,
        ...headers,
      },
      body: new URLSearchParams(form),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /**
   * A token for the client itself.
   * @param certificate the client certificate, in DER, as the TLS proxy of the issuer passes it on
   */
  async clientToken(name: string, format: TokenFormat = 'ES256', certificate?: Uint8Array): Promise<string> {
    const resource = resourceOf(format);
    const form = { grant_type: 'client_credentials', scope: 'notes:read', resource };
    const shown = certificate && { [CERTIFICATE_HEADER]: Buffer.from(certificate).toString('base64') };
    return String((await this.tokens(form, name, shown))['access_token']);
  }

  /** Revokes a token that the issuer stores. @see RFC 7009 */
  async revoke(token: string): Promise<void> {
    await fetch(`${this.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`web:${secretOf('web')}`).toString('base64')}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
  }

  /** Follows an authorization request as a browser would, up to the redirect with the code. */
  async authorize(url: URL): Promise<URL> {
    const cookies = new Map<string, string>();
    let next = url;
    for (let step = 0; step < 10; step += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        if (value === '') cookies.delete(name!);
        else cookies.set(name!, value!);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`No redirect: ${response.status} ${await response.text()}`);
      next = new URL(location, next);
      if (next.href.startsWith(REDIRECT_URI)) return next;
    }
    throw new Error('The issuer redirects for ever');
  }

  /** The tokens that the client `web` gets from the code flow, including the ID token. */
  async codeFlow(format: TokenFormat = 'ES256'): Promise<{ access: string; id: string }> {
    const verifier = 'v'.repeat(43);
    const url = new URL(`${this.issuer}/auth`);
    url.search = new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid notes:read',
      resource: resourceOf(format),
      code_challenge: await challengeOf(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const code = (await this.authorize(url)).searchParams.get('code')!;
    const reply = await this.tokens({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    });
    return { access: String(reply['access_token']), id: String(reply['id_token']) };
  }
}

async function challengeOf(verifier: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url');
}
