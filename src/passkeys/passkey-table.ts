import type { LoginFlow } from '../account/login-flow';
import { type LoginRoute, loginRoutes } from '../account/login-route';
import { type OwnTable, classOf, TABLE_PATH } from '../account/own-table';
import { sessionNeeds } from '../account/session-needs';
import type { Constructor } from '../components/constructor';
import { ConfigurationError, InvalidRequestError } from '../errors';
import { OtpService, reopenOtp } from '../factors/otp-service';
import type { FactorOwner } from '../factors/second-factor';
import type { OwnReply } from '../http/own-reply';
import { textIn } from '../http/read-body';
import type { SessionService } from '../sessions/session-service';
import { isInstance } from '../util/instance';
import { optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { PasskeyRecord } from '../factors/factor-stores';
import { addPasskey, creationOptions } from './new-passkey';
import type { PasskeyParts } from './passkey-parts';
import { isPasskeyService, passkeysIn, type PasskeyService } from './passkey-service';
import { methodOf, requestOptions, type Use, usePasskey } from './use-passkey';

/** The options of `passkeyController()` and `passkeyRoutes()`. */
export interface PasskeyControllerOptions {
  /** The app's passkey service. */
  passkeys: Constructor<PasskeyService>;
  /** The app's session service: logins by passkey start sessions, step-ups continue them. */
  sessions: Constructor<SessionService>;
  /** The path of the routes, under the prefix of the app or of a mount. @default '/passkeys' */
  path?: string;
}

const OPTIONS = {
  passkeys: classOf<PasskeyService>(),
  sessions: classOf<SessionService>(),
  path: optional(TABLE_PATH, '/passkeys'),
} satisfies Record<keyof PasskeyControllerOptions, Kind<unknown>>;

/** Handles a request to one of the routes, with the passkeys of the app. */
type Run = (flow: LoginFlow, parts: PasskeyParts) => Promise<OwnReply>;

/**
 * The routes for passkeys.
 * @param call the function that makes them for a host, for messages
 * @throws ConfigurationError for options that are unknown or invalid
 */
export function passkeyTable(call: string, options: PasskeyControllerOptions): OwnTable {
  const { passkeys, sessions, path } = parseOptions(call, options, OPTIONS);
  const by = (run: Run): LoginRoute['run'] => {
    return (flow) => run(flow, passkeysIn(flow.resolve(passkeys)).parts);
  };
  return {
    call,
    path,
    routes: loginRoutes(
      { sessions },
      {
        options: { verb: 'post', path: '/options', isPublic: true, run: by(givenOptions) },
        login: { verb: 'post', path: '/login', isPublic: true, run: by(logIn) },
        prove: { verb: 'post', path: '/factor', isPublic: true, run: by(proveFactor) },
        list: { verb: 'get', path: '', run: by(listOwn) },
        add: { verb: 'post', path: '', run: by(add) },
        remove: { verb: 'delete', path: '/:id', run: by(remove) },
      },
    ),
    needs: sessionNeeds({
      call,
      sessions,
      passwords: false,
      secondFactors: [passkeys],
      onStart: (app) => {
        const service: unknown = app.resolve(passkeys);
        if (!isPasskeyService(service)) {
          throw new ConfigurationError(`${call}: ${passkeys.name} must extend PasskeyService`);
        }
        passkeysIn(service).onStart(app.facts);
      },
    }),
  };
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
  const { members } = await flow.bodyOfUser();
  const { response, name } = members;
  const passkey = await addPasskey(parts, owner, { response, name }, useIn(flow).spend);
  flow.emit('factor_added', methodOf(passkey), owner);
  return { status: 201, json: shown(passkey) };
}

async function remove(flow: LoginFlow, { stored }: PasskeyParts): Promise<OwnReply> {
  const { owner } = await flow.freshSession();
  const id = flow.parameter('id') ?? '';
  const passkey = (await stored.list(owner)).find((own) => own.id === id);
  if (passkey === undefined || !(await stored.remove(owner, id))) return { status: 404 };
  flow.emit('factor_removed', methodOf(passkey), owner);
  return { status: 204 };
}

/**
 * Wrong codes may have blocked the user's codes. A user who proves a passkey is not guessing, so the codes are
 * unblocked.
 */
async function reopenCodes(flow: LoginFlow, owner: FactorOwner): Promise<void> {
  for (const cls of flow.secondFactors) {
    const factor = flow.resolve(cls);
    // If the codes stay blocked, a login by passkey still succeeds.
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

/** The facts of a passkey that its user may see. */
function shown({ id, name, device, createdAt, lastUsedAt }: PasskeyRecord): object {
  return { id, name, device, createdAt, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}
