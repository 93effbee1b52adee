/** oidc-provider with its own pages, and a visitor who fills them in, by HTTP with cookies instead of a browser. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { issuerKey } from './oidc-issuer';

export interface AppAtProvider {
  readonly redirectUri: string;
  readonly loginPage: string;
  readonly backchannel: string;
  readonly secret: string;
}

export class ProviderWithPages implements AsyncDisposable {
  readonly #server = http.createServer((request, response) => this.#handle(request, response));
  #handle: http.RequestListener = (_, response) => void response.writeHead(503).end();

  static async start(): Promise<ProviderWithPages> {
    const provider = new ProviderWithPages();
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async register({ redirectUri, loginPage, backchannel, secret }: AppAtProvider): Promise<void> {
    const provider = new Provider(this.issuer, {
      jwks: { keys: [await issuerKey('ES256', 'one')] },
      cookies: { keys: ['k'.repeat(32)] },
      clients: [
        {
          client_id: 'notes',
          client_secret: secret,
          redirect_uris: [redirectUri],
          post_logout_redirect_uris: [loginPage],
          backchannel_logout_uri: backchannel,
          backchannel_logout_session_required: true,
          id_token_signed_response_alg: 'ES256',
        },
      ],
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
      pkce: { required: () => true },
      ttl: { Session: 3600, Grant: 3600, Interaction: 3600, IdToken: 3600, AccessToken: 3600 },
    });
    const handle = provider.callback();
    this.#handle = (request, response) => void handle(request, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A visitor of a provider's pages. */
export class Visitor {
  readonly #cookies = new Map<string, string>();
  /** The number of times that a page asked for the password. */
  logins = 0;

  constructor(private readonly name: string) {}

  /** Follows redirects and fills in forms, until it is redirected to another host. */
  async follow(start: string): Promise<URL> {
    const { origin } = new URL(start);
    let response = await this.#send(new URL(start));
    let place = new URL(start);
    for (let step = 0; step < 20; step += 1) {
      const location = response.headers.get('location');
      if (location !== null) {
        place = new URL(location, place);
        if (place.origin !== origin) return place;
        response = await this.#send(place);
        continue;
      }
      const page = await response.text();
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      if (action === undefined) throw new Error(`No form: ${response.status} ${page}`);
      const form = new URLSearchParams();
      for (const [, field = ''] of page.matchAll(/<input ([^>]*)>/g)) {
        const of = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(field)?.[1];
        const name = of('name');
        if (name !== undefined) form.set(name, of('value') ?? '');
      }
      if (form.has('password')) {
        this.logins += 1;
        form.set('login', this.name);
        form.set('password', 'a password');
      }
      if (form.has('xsrf')) form.set('logout', 'yes');
      place = new URL(action, place);
      response = await this.#send(place, form);
    }
    throw new Error('The provider goes on for ever');
  }

  async #send(url: URL, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie },
      ...(form !== undefined && { body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}
