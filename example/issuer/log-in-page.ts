import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Account } from './issuer';
import type { OidcProvider } from './oidc-provider';

/** The login page of the issuer: a form and its handler. */
export function logInPage(
  provider: OidcProvider,
  accounts: ReadonlyMap<string, Account>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      // Throws without the cookie that the issuer sets when it redirects a browser here.
      await provider.interactionDetails(request, response);
      if (request.method !== 'POST') {
        page(response, 200);
        return;
      }
      const form = new URLSearchParams(await text(request));
      const account = accounts.get(form.get('name') ?? '');
      if (account === undefined || !isSame(form.get('password') ?? '', account.password)) {
        page(response, 401);
        return;
      }
      await provider.interactionFinished(request, response, { login: { accountId: account.id } });
    } catch {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Begin again at the app.\n');
    }
  };
}

function page(response: ServerResponse, status: number): void {
  const headers = { 'Content-Type': 'text/html', 'Cache-Control': 'no-store', 'X-Frame-Options': 'DENY' };
  response.writeHead(status, headers).end(`<!doctype html><title>Log in</title>
<form method="post">
  <p>${status === 200 ? 'Log in' : 'No such name and password'}</p>
  <input name="name" autocomplete="username">
  <input name="password" type="password" autocomplete="current-password">
  <button>Log in</button>
</form>
`);
}

function isSame(typed: string, password: string): boolean {
  return timingSafeEqual(hash('sha256', typed, 'buffer'), hash('sha256', password, 'buffer'));
}
