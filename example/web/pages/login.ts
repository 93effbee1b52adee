import { Public } from 'securest';
import { Controller, QueryParams } from 'routing-controllers';
import { type Html, html } from '../html';
import { HtmlPage } from './html-page';
import { hidden, page } from './layout';

/** The query that securest adds to the address of the login page. Anyone can forge it, so it is only shown as text. */
interface LoginQuery {
  readonly error?: unknown;
  readonly next?: unknown;
  readonly stepUp?: unknown;
  readonly maxAge?: unknown;
  readonly returnTo?: unknown;
}

const ERRORS: ReadonlyMap<unknown, string> = new Map([
  ['invalid_credentials', 'That is not right. Try again.'],
  ['too_many_attempts', 'Too many attempts. Wait a while, and try again.'],
  ['login_expired', 'That took too long. Begin again.'],
  ['login_failed', 'The login failed. Begin again.'],
  ['access_denied', 'The login was cancelled.'],
  ['no_account', 'There is no account here for that login.'],
]);

@Controller()
export class LoginPage {
  @Public()
  @HtmlPage('/login')
  show(@QueryParams() query: LoginQuery): string {
    const returnTo = typeof query.returnTo === 'string' ? query.returnTo : undefined;
    const error = ERRORS.get(query.error);
    const alert = error !== undefined && html`<p class="error" role="alert">${error}</p>`;
    if (query.next !== undefined) return secondFactor(alert, listOf(query.next), returnTo);
    if (query.stepUp !== undefined || query.maxAge !== undefined)
      return stepUp(alert, listOf(query.stepUp), returnTo);
    return page('Log in', undefined, html`${alert}${logIn(returnTo)}`);
  }
}

function logIn(returnTo: string | undefined): Html {
  const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
  return html`
    <form method="post" action="/session">
      ${hidden('returnTo', returnTo)}
      <label>Name <input name="username" autocomplete="username webauthn" required autofocus /></label>
      <label
        >Password <input name="password" type="password" autocomplete="current-password" required
      /></label>
      <button>Log in</button>
    </form>
    <p class="or">or</p>
    ${passkeyButton('login', returnTo)}
    <p><a class="button" href="/oidc/login${query}">Log in with the company account</a></p>
  `;
}

function secondFactor(alert: Html | false, next: readonly string[], returnTo: string | undefined): string {
  return page(
    'Second step',
    undefined,
    html`${alert} ${next.includes('otp') && codeForm(returnTo)}
      ${next.includes('passkey') && passkeyButton('factor', returnTo)}
      <p><a href="/login">Begin again</a></p>`,
  );
}

/** The form for a logged-in user who must prove their identity again. */
function stepUp(alert: Html | false, methods: readonly string[], returnTo: string | undefined): string {
  const isAny = methods.length === 0;
  return page(
    'Confirm that it is you',
    undefined,
    html`${alert}
      <p>What you are about to do needs a fresh login.</p>
      ${(isAny || methods.includes('pwd') || methods.includes('mfa')) && passwordForm(returnTo)}
      ${(isAny || methods.includes('otp') || methods.includes('mfa')) && codeForm(returnTo)}
      ${passkeyButton('factor', returnTo)}
      <p><a href="/">Back to the notes</a></p>`,
  );
}

function passwordForm(returnTo: string | undefined): Html {
  return html`<form method="post" action="/session/password">
    ${hidden('returnTo', returnTo)}
    <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
    <button>Confirm</button>
  </form>`;
}

function codeForm(returnTo: string | undefined): Html {
  return html`<form method="post" action="/otp/factor">
    ${hidden('returnTo', returnTo)}
    <label>
      Code of your app, or a recovery code
      <input name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required />
    </label>
    <button>Go on</button>
  </form>`;
}

/** The script shows this button if the browser supports passkeys. */
function passkeyButton(purpose: 'login' | 'factor', returnTo: string | undefined): Html {
  return html`<button
    type="button"
    class="second"
    hidden
    data-passkey="${purpose}"
    data-return-to="${returnTo ?? '/'}"
  >
    Use a passkey
  </button>`;
}

function listOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(',') : [];
}
