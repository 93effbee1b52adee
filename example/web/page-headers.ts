import type { ServerResponse } from 'node:http';
import { Middleware } from 'routing-controllers';
import { Container } from 'typedi';
import { WebSettings } from './settings';

/** Sets the headers that restrict browsers. Works on Koa and on Express, which pass different arguments. */
@Middleware({ type: 'before' })
export class PageHeaders {
  // The host creates its middlewares without a container.
  private readonly policy = policy(Container.get(WebSettings).issuer);

  use(...[first, second, third]: readonly unknown[]): unknown {
    const isKoa = third === undefined;
    const response = (isKoa ? (first as { res: ServerResponse }).res : second) as ServerResponse;
    response.setHeader('Content-Security-Policy', this.policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`, because browsers then send `Origin: null` with the app's own forms.
    response.setHeader('Referrer-Policy', 'same-origin');
    return ((isKoa ? second : third) as () => unknown)();
  }
}

/** @param issuer the provider to which the logout form is redirected */
function policy(issuer: string): string {
  const self = ['style-src', 'script-src', 'connect-src', 'font-src'].map((name) => `${name} 'self'`);
  const own = ["default-src 'none'", ...self, "img-src 'self' data:", `form-action 'self' ${issuer}`];
  return [...own, "base-uri 'none'", "frame-ancestors 'none'"].join('; ');
}
