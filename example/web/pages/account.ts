import { toString as drawn } from 'qrcode';
import { type Authentication, AccessDeniedError, CurrentAuthentication, type SessionInfo } from 'securest';
import { Authorized, BodyParam, ContentType, Controller, Post, Redirect } from 'routing-controllers';
import { Service } from 'typedi';
import { Otp, Sessions } from '../auth';
import { html } from '../html';
import { HtmlPage } from './html-page';
import { page } from './layout';

@Service()
@Controller('/account')
@Authorized()
export class AccountPages {
  constructor(
    private readonly sessions: Sessions,
    private readonly otp: Otp,
  ) {}

  @HtmlPage('/')
  async show(@CurrentAuthentication({ required: true }) login: Authentication): Promise<string> {
    const { username } = login.user;
    const sessions = await this.sessions.list(login);
    // The users have ids, so a new user with a former user's name does not get the former user's factors.
    const hasCodes = await this.otp.isEnrolled({ username, userId: String(login.user.id) });
    return page(
      'Your account',
      username,
      html`<section aria-labelledby="devices">
          <h2 id="devices">Where you are logged in</h2>
          <ul class="cards">
            ${sessions.map((session) => device(session, session.id === login.sessionId))}
          </ul>
          <form method="post" action="/account/sessions/others">
            <button class="second">Log out everywhere else</button>
          </form>
        </section>
        <section aria-labelledby="codes">
          <h2 id="codes">One-time codes</h2>
          <p>
            ${hasCodes ? 'They are asked for after your password.' : 'A second step after your password.'}
          </p>
          <div data-otp="${hasCodes ? 'on' : 'off'}"></div>
        </section>
        <section aria-labelledby="passkeys">
          <h2 id="passkeys">Passkeys</h2>
          <p>They log you in without a password.</p>
          <div data-passkeys></div>
        </section>
        <section aria-labelledby="password">
          <h2 id="password">Password</h2>
          <form data-password>
            <input type="hidden" autocomplete="username" name="username" value="${username}" />
            <label
              >Present one
              <input name="currentPassword" type="password" autocomplete="current-password" required
            /></label>
            <label
              >New one
              <input name="newPassword" type="password" autocomplete="new-password" minlength="12" required
            /></label>
            <button class="second">Change the password</button>
          </form>
        </section>
        <noscript><p>One-time codes, passkeys and passwords are changed by a script.</p></noscript>`,
    );
  }

  @Post('/sessions/end')
  @Redirect('/account')
  async end(
    @CurrentAuthentication({ required: true }) login: Authentication,
    @BodyParam('id', { required: true }) id: string,
  ): Promise<string> {
    await this.sessions.endOne(login, id);
    return '/account';
  }

  @Post('/sessions/others')
  @Redirect('/account')
  async endOthers(@CurrentAuthentication({ required: true }) login: Authentication): Promise<string> {
    if (login.sessionId === undefined) throw new AccessDeniedError();
    await this.sessions.endAll(login, { except: login.sessionId });
    return '/account';
  }

  /** A QR code for an authenticator app to scan. It is made here, so its secret is sent to no other service. */
  @Post('/qr')
  @ContentType('image/svg+xml')
  picture(@BodyParam('uri', { required: true }) uri: string): Promise<string> {
    return drawn(uri.slice(0, 500), { type: 'svg', margin: 2 });
  }
}

function device({ id, ip, userAgent, startedAt, lastSeenAt }: SessionInfo, isThis: boolean) {
  const time = (date: Date) =>
    html`<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 16).replace('T', ' ')}</time>`;
  return html`<li>
    <h3>${browserOf(userAgent)} ${isThis && html`<strong>this one</strong>`}</h3>
    <p>${ip}, since ${time(startedAt)}, last used ${time(lastSeenAt)}</p>
    ${
      !isThis &&
      html`<form method="post" action="/account/sessions/end">
        <input type="hidden" name="id" value="${id}" /><button class="plain">Log out there</button>
      </form>`
    }
  </li>`;
}

function browserOf(userAgent: string): string {
  const browser = /(Firefox|Edg|Chrome|Safari|curl)\//.exec(userAgent)?.[1] ?? 'Unknown browser';
  const system = /(Windows|Android|iPhone|Mac OS|Linux)/.exec(userAgent)?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
