import type { ServerResponse } from 'node:http';
import { Middleware } from 'routing-controllers';
import { Container } from 'typedi';
import { WebSettings } from './settings';

/** What browsers may do with the pages. On Koa and on Express, which hand over other arguments. */
@Middleware({ type: 'before' })
export class PageHeaders {
  // The host makes its middlewares without a container.
  private readonly policy = policy(Container.get(WebSettings).issuer);

  use(...[first, second, third]: readonly unknown[]): unknown {
    const isKoa = third === undefined;
    const response = (isKoa ? (first as { res: ServerResponse }).res : second) as ServerResponse;
    response.setHeader('Content-Security-Policy', this.policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`, which makes browsers say `Origin: null` in the app's own forms.
    response.setHeader('Referrer-Policy', 'same-origin');
    return ((isKoa ? second : third) as () => unknown)();
  }
}

/** @param issuer to which the form of the logout is sent on */
function policy(issuer: string): string {
  const self = ['style-src', 'script-src', 'connect-src', 'font-src'].map((name) => `${name} 'self'`);
  const own = ["default-src 'none'", ...self, "img-src 'self' data:", `form-action 'self' ${issuer}`];
  return [...own, "base-uri 'none'", "frame-ancestors 'none'"].join('; ');
}
