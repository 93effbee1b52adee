/** The clients of the app and the ways in which they get tokens: a browser with its user, and a machine. */
import { hash, randomBytes } from 'node:crypto';
import { REDIRECT_URI } from './issuer';
import type { Settings } from './settings';

/** A user's browser at the issuer. It stays logged in there as long as the object is in use. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  constructor(
    private readonly settings: Settings,
    private readonly login: { readonly name: string; readonly password: string },
  ) {}

  /**
   * Gets an access token by the authorization code flow with PKCE.
   * @param maxAge the maximum age of the login in seconds, as in a challenge of the app; an older login is repeated
   * @see RFC 6749 section 4.1, RFC 7636, RFC 9470 section 4
   */
  async accessToken(scope: string, maxAge?: string): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const { issuer, url } = this.settings;
    const request = new URLSearchParams({
      client_id: 'notes-web',
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      resource: url,
      // Without openid the issuer ignores max_age.
      scope: `openid ${scope}`,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
      ...(maxAge !== undefined && { max_age: maxAge }),
    });
    const end = await this.#follow(`${issuer}/auth?${request.toString()}`);
    const code = end.searchParams.get('code');
    if (code === null) throw new Error(`The issuer refused: ${end.searchParams.get('error') ?? 'no code'}`);
    return tokenOf(issuer, {
      grant_type: 'authorization_code',
      client_id: 'notes-web',
      redirect_uri: REDIRECT_URI,
      resource: url,
      code,
      code_verifier: verifier,
    });
  }

  /** Follows redirects, and logs in when asked, until it is sent back to the client. */
  async #follow(start: string): Promise<URL> {
    let url = new URL(start);
    for (let step = 0; step < 10; step += 1) {
      const isForm = url.pathname.startsWith('/log-in/');
      const reply = await fetch(url, {
        redirect: 'manual',
        headers: { Cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') },
        ...(isForm && { method: 'POST', body: new URLSearchParams(this.login) }),
      });
      for (const line of reply.headers.getSetCookie()) this.#keep(line);
      const location = reply.headers.get('location');
      if (location === null) throw new Error(`The issuer answered ${reply.status}: ${await reply.text()}`);
      url = new URL(location, url);
      if (url.href.startsWith(REDIRECT_URI)) return url;
    }
    throw new Error('The issuer redirects for ever');
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/** A token for the client itself, without a user. @see RFC 6749 section 4.4 */
export function machineToken(
  { issuer, url }: Settings,
  { id, secret }: { readonly id: string; readonly secret: string },
  scope: string,
): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return tokenOf(issuer, { grant_type: 'client_credentials', resource: url, scope }, { authorization });
}

async function tokenOf(
  issuer: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<string> {
  const reply = await fetch(`${issuer}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const answer = (await reply.json()) as { access_token?: string; error?: string };
  if (answer.access_token === undefined)
    throw new Error(`The issuer refused: ${answer.error ?? reply.status}`);
  return answer.access_token;
}
