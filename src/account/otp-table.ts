import type { Constructor } from '../components/constructor';
import { BadCredentialsError, ConfigurationError, InvalidRequestError } from '../errors';
import type { OwnReply } from '../http/own-reply';
import { type Body, textIn } from '../http/read-body';
import type { SessionService } from '../sessions/session-service';
import { isInstance } from '../util/instance';
import { optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { OtpService, startOtp } from '../factors/otp-service';
import type { LoginFlow } from './login-flow';
import { type LoginRoute, loginRoutes } from './login-route';
import { type OwnTable, classOf, TABLE_PATH } from './own-table';
import { sessionNeeds } from './session-needs';

/** The options of `otpController()` and `otpRoutes()`. */
export interface OtpControllerOptions {
  /** The app's service. */
  otp: Constructor<OtpService>;
  /** The app's sessions, in which half logins and step-ups continue. */
  sessions: Constructor<SessionService>;
  /** The path of the routes, under the prefix of the app or of a mount. @default '/otp' */
  path?: string;
}

const OPTIONS = {
  otp: classOf<OtpService>(),
  sessions: classOf<SessionService>(),
  path: optional(TABLE_PATH, '/otp'),
} satisfies Record<keyof OtpControllerOptions, Kind<unknown>>;

/** Handles a request to one of the routes, with the one-time codes of the app. */
type Run = (flow: LoginFlow, otp: OtpService) => Promise<OwnReply>;

/**
 * The routes for one-time codes of an authenticator app, and recovery codes.
 * @param call the function that makes them for a host, for messages
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function otpTable(call: string, options: OtpControllerOptions): OwnTable {
  const { otp, sessions, path } = parseOptions(call, options, OPTIONS);
  const by = (run: Run): LoginRoute['run'] => {
    return (flow) => run(flow, flow.resolve(otp));
  };
  return {
    call,
    path,
    routes: loginRoutes(
      { sessions },
      {
        prove: { verb: 'post', path: '/factor', isPublic: true, run: by(proveCode) },
        setUp: { verb: 'post', path: '', run: by(setUp) },
        confirm: { verb: 'post', path: '/confirm', run: by(confirm) },
        recovery: { verb: 'post', path: '/recovery', run: by(renewRecoveryCodes) },
        remove: { verb: 'delete', path: '', run: by(remove) },
      },
    ),
    needs: sessionNeeds({
      call,
      sessions,
      passwords: false,
      secondFactors: [otp],
      onStart: (app) => {
        const service: unknown = app.resolve(otp);
        if (!isInstance<OtpService>(service, OtpService)) {
          throw new ConfigurationError(`${call}: ${otp.name} must extend OtpService`);
        }
        startOtp(service, app.facts);
      },
    }),
  };
}

async function proveCode(flow: LoginFlow, otp: OtpService): Promise<OwnReply> {
  const subject = await flow.subject('otp');
  const code = codeIn(await flow.body());
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
  const recoveryCodes = await otp.confirm(owner, codeIn(await flow.bodyOfUser()));
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
function codeIn(body: Body): string {
  const code = textIn(body, 'code');
  if (code !== undefined && code !== '') return code;
  throw new InvalidRequestError({ cause: new Error('The body has no text `code`') });
}
