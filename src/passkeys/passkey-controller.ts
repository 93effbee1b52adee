import { type FlowOptions, type LoginFlow } from '../account/login-flow';
import { CONTROLLER_PATH, type LoginRoute } from '../account/login-route';
import type * as Controllers from '../host/controllers/login-controller';
import { noteNeeds } from '../account/session-needs';
import type { Constructor } from '../components/constructor';
import { ConfigurationError, InvalidRequestError } from '../errors';
import { OtpService, reopenOtp } from '../factors/otp-service';
import type { FactorOwner } from '../factors/second-factor';
import type { OwnReply } from '../http/own-reply';
import { textIn } from '../http/read-body';
import { routeParameter } from '../http/route-parameter';
import type { SessionService } from '../sessions/session-service';
import { isInstance } from '../util/instance';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { PasskeyRecord } from '../factors/factor-stores';
import { addPasskey, creationOptions } from './new-passkey';
import type { PasskeyParts } from './passkey-parts';
import { isPasskeyService, passkeysIn, type PasskeyService } from './passkey-service';
import { methodOf, requestOptions, type Use, usePasskey } from './use-passkey';
import { lazy } from '../util/lazy';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- what else is here needs no routing-controllers
const host = lazy(() => require('../host/controllers/login-controller') as typeof Controllers);

/** The options of {@link passkeyController}. */
export interface PasskeyControllerOptions {
  /** The app's service. */
  passkeys: Constructor<PasskeyService>;
  /** The app's sessions, which logins by passkey start and steps up go on with. */
  sessions: Constructor<SessionService>;
  /** Where the actions are, under the app's prefix. @default '/passkeys' */
  path?: string;
}

const OPTIONS = {
  passkeys: callable<Constructor<PasskeyService>>(),
  sessions: callable<Constructor<SessionService>>(),
  path: optional(CONTROLLER_PATH, '/passkeys'),
} satisfies Record<keyof PasskeyControllerOptions, Kind<unknown>>;

/** A request to one of the actions, with the passkeys of the app. */
type Run = (flow: LoginFlow, parts: PasskeyParts) => Promise<OwnReply>;

/**
 * A controller for passkeys, in JSON; responses (`toJSON()` of the browser's credential) may come in a form too, as text, and
 * are then answered by redirects. Whatever changes something must come from a page of this app or of `trustedOrigins`.
 *
 * - `POST /passkeys/options` with `{ for }`: 200 with what `navigator.credentials` takes, once it is parsed by
 *   `PublicKeyCredential.parseRequestOptionsFromJSON()`, or by `parseCreationOptionsFromJSON()` for `add`. `login` is public,
 *   `factor` is for half logins and sessions, `add` for fresh sessions.
 * - `POST /passkeys/login` with `{ response, returnTo? }`, public: a login of its own, answered as `POST /session`.
 * - `POST /passkeys/factor` with `{ response, returnTo? }`: completes a half login, or steps a session up: 200
 *   `{ username }`, a form goes to `returnTo`.
 * - `GET /passkeys`, for a session: the own ones, the newest first, each `{ id, name, device, createdAt, lastUsedAt? }`.
 * - `POST /passkeys` with `{ response, name? }`, for a fresh session: 201 with the new one; 400 `invalid_request` where there
 *   are `maxPerUser`. `DELETE /passkeys/:id`, for a fresh session: 204, or 404 where the user has no such passkey.
 *
 * A session is fresh where its login is at most five minutes old, by two factors where the user has a second factor; else it
 * is 403 `insufficient_user_authentication`. Responses that prove nothing are 401, also those that come twice; after many
 * from one address 429.
 * @throws ConfigurationError for options that are unknown or not valid
 * @example controllers: [passkeyController({ passkeys: Passkeys, sessions: Sessions })]
 */
export function passkeyController(options: PasskeyControllerOptions): Constructor<object> {
  const { passkeys, sessions, path } = parseOptions('passkeyController()', options, OPTIONS);
  const flow: FlowOptions = { sessions };
  const by = (run: Run): LoginRoute['run'] => {
    return (flow) => run(flow, passkeysIn(flow.resolve(passkeys)).parts);
  };
  const controller = host().loginController('PasskeyController', path, flow, {
    options: { verb: 'post', path: '/options', isPublic: true, run: by(givenOptions) },
    login: { verb: 'post', path: '/login', isPublic: true, run: by(logIn) },
    prove: { verb: 'post', path: '/factor', isPublic: true, run: by(proveFactor) },
    list: { verb: 'get', path: '', run: by(listOwn) },
    add: { verb: 'post', path: '', run: by(add) },
    remove: { verb: 'delete', path: '/:id', run: by(remove) },
  });
  noteNeeds(controller, {
    controller: 'passkeyController()',
    sessions,
    passwords: false,
    secondFactors: [passkeys],
    onStart: (app, resolve) => {
      const service: unknown = resolve(passkeys);
      if (!isPasskeyService(service)) {
        throw new ConfigurationError(`passkeyController(): ${passkeys.name} must extend PasskeyService`);
      }
      passkeysIn(service).onStart(app);
    },
  });
  return controller;
}

async function givenOptions(flow: LoginFlow, parts: PasskeyParts): Promise<OwnReply> {
  const purpose = textIn(await flow.body(), 'for');
  if (purpose === 'login') return { status: 200, json: await requestOptions(parts, undefined) };
  if (purpose === 'factor') {
    const { owner } = await flow.subject('passkey');
    return { status: 200, json: await requestOptions(parts, owner) };
  }
  if (purpose === 'add') {
    const { owner } = await flow.freshSession();
    return { status: 200, json: await creationOptions(parts, owner) };
  }
  throw new InvalidRequestError({ cause: new Error("`for` must be 'login', 'factor' or 'add'") });
}

async function logIn(flow: LoginFlow, parts: PasskeyParts): Promise<OwnReply> {
  const body = await flow.body();
  const response = body.members['response'];
  const login = await flow.proveBy('Passkey', async () => {
    const { owner, method, at } = await usePasskey(parts, undefined, response, useIn(flow));
    await reopenCodes(flow, owner);
    return { owner, factors: [{ method, at }] };
  });
  return flow.begin(login, body);
}

async function proveFactor(flow: LoginFlow, parts: PasskeyParts): Promise<OwnReply> {
  const subject = await flow.subject('passkey');
  const { members } = await flow.body();
  const { owner, method, at } = await usePasskey(parts, subject.owner, members['response'], useIn(flow));
  await reopenCodes(flow, owner);
  return flow.complete(subject, { method, at });
}

async function listOwn(flow: LoginFlow, { stored }: PasskeyParts): Promise<OwnReply> {
  const passkeys = await stored.list(await flow.owner());
  return { status: 200, json: passkeys.map(shown) };
}

async function add(flow: LoginFlow, parts: PasskeyParts): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  const { members } = await flow.body();
  const { response, name } = members;
  const passkey = await addPasskey(parts, owner, { response, name }, useIn(flow).spend);
  flow.emit('factor_added', methodOf(passkey), owner);
  return { status: 201, json: shown(passkey) };
}

async function remove(flow: LoginFlow, { stored }: PasskeyParts): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  const id = routeParameter(flow.action, 'id') ?? '';
  const passkey = (await stored.list(owner)).find((own) => own.id === id);
  if (passkey === undefined || !(await stored.remove(owner, id))) return { status: 404 };
  flow.emit('factor_removed', methodOf(passkey), owner);
  return { status: 204 };
}

/** Wrong codes may have closed those of the user: who proves a passkey is no guesser. */
async function reopenCodes(flow: LoginFlow, owner: FactorOwner): Promise<void> {
  for (const cls of flow.secondFactors) {
    const factor = flow.resolve(cls);
    // Codes that stay closed keep nobody from a login by passkey.
    if (isInstance<OtpService>(factor, OtpService)) await reopenOtp(factor, owner).catch(() => undefined);
  }
}

function useIn(flow: LoginFlow): Use {
  return {
    ip: flow.request.ip,
    spend: (digest, until) => flow.parts.store.spend(digest, until),
    failed: (owner, method) => {
      flow.emit('factor_failed', method, owner);
    },
  };
}

/** What its user may see of it. */
function shown({ id, name, device, createdAt, lastUsedAt }: PasskeyRecord): object {
  return { id, name, device, createdAt, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}
