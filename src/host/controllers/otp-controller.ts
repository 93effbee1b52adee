import { type LoginFlow } from '../../account/login-flow';
import { CONTROLLER_PATH, type LoginRoute } from '../../account/login-route';
import { loginController } from './login-controller';
import { noteNeeds } from '../../account/session-needs';
import type { Constructor } from '../../components/constructor';
import { BadCredentialsError, ConfigurationError, InvalidRequestError } from '../../errors';
import type { OwnReply } from '../../http/own-reply';
import { textIn } from '../../http/read-body';
import type { SessionService } from '../../sessions/session-service';
import { isInstance } from '../../util/instance';
import { callable, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import { OtpService, startOtp } from '../../factors/otp-service';

/** The options of {@link otpController}. */
export interface OtpControllerOptions {
  /** The app's service. */
  otp: Constructor<OtpService>;
  /** The app's sessions, in which half logins and step-ups continue. */
  sessions: Constructor<SessionService>;
  /** The path of the actions, under the app's prefix. @default '/otp' */
  path?: string;
}

const OPTIONS = {
  otp: callable<Constructor<OtpService>>(),
  sessions: callable<Constructor<SessionService>>(),
  path: optional(CONTROLLER_PATH, '/otp'),
} satisfies Record<keyof OtpControllerOptions, Kind<unknown>>;

/** A request to one of the actions, with the one-time codes of the app. */
type Run = (flow: LoginFlow, otp: OtpService) => Promise<OwnReply>;

/**
 * A controller for one-time codes of an authenticator app, and recovery codes. Replies are JSON; a form that proves a
 * code is answered by a redirect. Every request that changes something must come from a page of this app or of
 * `trustedOrigins`.
 *
 * - `POST /otp/factor` with `{ code, returnTo? }`, for a half login or a session: completes the login, or steps up the
 *   session: 200 `{ username }`; a form is redirected to `returnTo`. A recovery code is accepted too, once. 401 for a
 *   wrong code, and for a code that was used before; 429 after several wrong codes. A form is then redirected to
 *   `loginPage?error=...`.
 * - `POST /otp`: 200 `{ secret, uri }`, a new key for the QR code that authenticator apps scan. It counts after
 *   `POST /otp/confirm` with `{ code }`: 200 `{ recoveryCodes }`, ten codes that are shown only this once.
 * - `POST /otp/recovery`: 200 `{ recoveryCodes }`, which replace the previous codes. `DELETE /otp`: 204, all codes are
 *   removed.
 *
 * The last four require a fresh session: its login is at most five minutes old, by two factors if the user has a second
 * factor; else 403 `insufficient_user_authentication`.
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [otpController({ otp: Otp, sessions: Sessions })]
 */
export function otpController(options: OtpControllerOptions): Constructor<object> {
  const { otp, sessions, path } = parseOptions('otpController()', options, OPTIONS);
  const by = (run: Run): LoginRoute['run'] => {
    return (flow) => run(flow, flow.resolve(otp));
  };
  const controller = loginController(
    'OtpController',
    path,
    { sessions },
    {
      prove: { verb: 'post', path: '/factor', isPublic: true, run: by(proveCode) },
      setUp: { verb: 'post', path: '', run: by(setUp) },
      confirm: { verb: 'post', path: '/confirm', run: by(confirm) },
      recovery: { verb: 'post', path: '/recovery', run: by(renewRecoveryCodes) },
      remove: { verb: 'delete', path: '', run: by(remove) },
    },
  );
  noteNeeds(controller, {
    controller: 'otpController()',
    sessions,
    passwords: false,
    secondFactors: [otp],
    onStart: (app, resolve) => {
      const service: unknown = resolve(otp);
      if (!isInstance<OtpService>(service, OtpService)) {
        throw new ConfigurationError(`otpController(): ${otp.name} must extend OtpService`);
      }
      startOtp(service, app);
    },
  });
  return controller;
}

async function proveCode(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const subject = await flow.subject('otp');
  const code = await codeOf(flow);
  const { owner } = subject;
  let kind: 'otp' | 'recovery';
  try {
    kind = await otp.verify(owner, code, flow.request.ip);
  } catch (error) {
    if (isInstance(error, BadCredentialsError)) flow.emit('factor_failed', 'otp', owner);
    throw error;
  }
  const at = new Date(flow.parts.now());
  if (kind === 'recovery') flow.emit('recovery_used', 'otp', owner);
  return flow.complete(subject, { method: 'otp', at });
}

async function setUp(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  return { status: 200, json: await otp.setUp(owner) };
}

async function confirm(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  const recoveryCodes = await otp.confirm(owner, await codeOf(flow));
  flow.emit('factor_added', 'otp', owner);
  return { status: 200, json: { recoveryCodes } };
}

async function renewRecoveryCodes(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  return { status: 200, json: { recoveryCodes: await otp.newRecoveryCodes(owner) } };
}

async function remove(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  if (await otp.remove(owner)) flow.emit('factor_removed', 'otp', owner);
  return { status: 204 };
}

/** @throws InvalidRequestError without a code: another login would not help */
async function codeOf(flow: LoginFlow): Promise<string> {
  const code = textIn(await flow.body(), 'code');
  if (code !== undefined && code !== '') return code;
  throw new InvalidRequestError({ cause: new Error('The body has no text `code`') });
}
