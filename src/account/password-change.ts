import { type Audit, factsOf, secretsOf } from '../audit/audit';
import { DeadlinePassedError, withinDeadline } from '../http/deadline';
import { RequestWithSignal } from '../http/request-with-signal';
import { publicUserOf } from '../authentication/public-login';
import { ProviderUserstore, type UserstoreChain } from '../authentication/userstore-chain';
import { type Authentication, provedLogin } from '../core/authentication';
import { fixedUser } from '../core/fixed-user';
import { listenForProblems, type Problem, reportProblem } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { silencePromisesIn } from '../core/silence';
import { nextStamp, stampOf } from '../core/stamp';
import { isUser, type User, userIdOf } from '../core/user';
import { type UserstoreInterface, userstoreOf } from '../core/userstore';
import {
  AuthenticationRequiredError,
  BadCredentialsError,
  ConfigurationError,
  InvalidRequestError,
  ServiceUnavailableError,
  StepUpRequiredError,
  WeakPasswordError,
  WrongPasswordError,
} from '../errors';
import { normalForm } from '../util/normal-forms';
import { BY_PASSWORD } from '../providers/basic';
import { PasswordProvider } from '../providers/password';
import type { AppComponents } from '../components/app-components';
import type { Component, Components } from '../components/components';
import type { Clock } from '../util/clock';
import { isInstance } from '../util/instance';
import { printable } from '../util/printable';
import { passwordFault } from './password-strength';

/** The maximum age of a login that may change a password. */
const MAX_LOGIN_AGE_MS = 5 * 60 * 1000;

export interface PasswordChangeParts {
  readonly userstore: UserstoreChain;
  readonly components: AppComponents;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly audit: Audit;
}

/** Changes the password of the logged-in user. */
export class PasswordChange {
  constructor(private readonly parts: PasswordChangeParts) {}

  /**
   * Replaces the hash if the current password is right, and ends all earlier tokens.
   * @param body `{ currentPassword, newPassword }`, as a client sent it
   * @returns a login that was proved by the current password
   * @throws AuthenticationRequiredError without a login
   * @throws StepUpRequiredError when the login is more than five minutes old, unless it is by a session
   * @throws InvalidRequestError when the body does not have this form
   * @throws WeakPasswordError when the new password is too weak
   * @throws WrongPasswordError when the current password is wrong, or was changed at the same time
   * @throws ThrottledError when the password was wrong too often, here or at logins
   * @throws AccountStatusError when the account was made inactive meanwhile
   * @throws ServiceUnavailableError when the change did not finish in time; it may have succeeded nevertheless
   */
  async change(
    request: SecurityRequest,
    login: Authentication | undefined,
    body: unknown,
    minLength: number,
  ): Promise<Authentication> {
    if (login === undefined) throw new AuthenticationRequiredError();
    // A session may be of any age: the current password comes with the request. Written so that an invalid or unknown
    // date counts as too long ago.
    if (
      login.provedBy !== 'session' &&
      !(this.parts.clock() - (login.authenticatedAt?.getTime() ?? NaN) <= MAX_LOGIN_AGE_MS)
    ) {
      throw new StepUpRequiredError(
        { maxAgeSeconds: MAX_LOGIN_AGE_MS / 1000 },
        { cause: new Error('The login is too old to change the password') },
      );
    }
    const { currentPassword, newPassword } = read(body);
    const { username, email } = login.user;
    const fault = passwordFault(newPassword, minLength, [username, email]);
    if (fault !== undefined) throw new WeakPasswordError(`The new password ${fault}`);
    if (normalForm(newPassword) === normalForm(currentPassword))
      throw new WeakPasswordError('The new password must differ from the current one');
    const own = new RequestWithSignal(request);
    const { audit, deadlineMs, components } = this.parts;
    const { name, get } = passwordProvider('A change of the password', components);
    const store = new ProviderUserstore(this.parts.userstore);
    listenForProblems(own, ({ user, ...problem }) => {
      audit.problem({ ...problem, user: user && store.label(user, name) });
    });
    const factsNow = () => ({ user: printable(store.label(username, name)), ...factsOf(request) });
    try {
      const credentials = { username, password: currentPassword };
      // Reported as it happens: the request may have ended already.
      const change = this.replace(own, get(), store, credentials, newPassword, () => {
        audit.emit(() => ({ type: 'password_changed', ...factsNow() }));
      });
      return await withinDeadline(change, deadlineMs, (reason) => {
        own.abort(reason);
      });
    } catch (error) {
      if (isInstance(error, WrongPasswordError)) {
        const reason = 'the current password is wrong';
        audit.emit(() => ({ type: 'denied', code: error.code, reason, ...factsNow() }));
      }
      if (!isInstance<ServiceUnavailableError>(error, ServiceUnavailableError)) throw error;
      const reason = isInstance(error, DeadlinePassedError) ? 'deadline_passed' : 'unavailable';
      const secrets = [...secretsOf(request), currentPassword, newPassword].filter((secret) => secret !== '');
      const message = `${name} could not change a password (${reason})`;
      audit.unavailable(request, name, reason, { message, cause: error, secrets });
      throw new ServiceUnavailableError({ cause: error, retryAfterSeconds: error.retryAfterSeconds });
    }
  }

  private async replace(
    request: SecurityRequest,
    provider: PasswordProvider,
    store: ProviderUserstore,
    credentials: { username: string; password: string },
    newPassword: string,
    onReplaced: () => void,
  ): Promise<Authentication> {
    const { components, clock, audit } = this.parts;
    const user = await proved(provider, request, store, credentials);
    const { store: owner, name } = store.originOf(user) ?? {};
    if (owner?.updatePassword === undefined) throw new WrongPasswordError();
    const newHash = await provider.hash(newPassword);
    const now = clock();
    const tokensValidFrom = nextStamp(user.tokensValidFrom, now);
    // Read before the update: the store may change the object that it returned.
    const before = stampOf(user);
    const isReplaced: unknown = await owner.updatePassword(user, newHash, user.password ?? '', {
      tokensValidFrom,
    });
    if (typeof isReplaced !== 'boolean') throw new TypeError('updatePassword() must return true or false');
    if (!isReplaced) throw new WrongPasswordError();
    onReplaced();
    components.forget(credentials.username, (component, cause) => {
      audit.error(`${component} could not forget a user whose password was changed`, cause);
    });
    const after = await readAgain(owner, credentials.username);
    if (after !== undefined && stampOf(after) <= before) {
      const component = name ?? owner.constructor.name;
      reportProblem(request, { component, user: credentials.username, problem: TOKENS_OUTLIVE });
    }
    // The store may have rounded the value. If the record dates from a later change, its value is not for this login.
    const own = after?.password === newHash ? after : undefined;
    const record = own ?? user;
    const stamp = own === undefined ? tokensValidFrom.getTime() : stampOf(own);
    const source = { kind: 'userstore', name: name ?? owner.constructor.name } as const;
    const report = (problem: Problem): void => {
      reportProblem(request, problem);
    };
    const home = userstoreOf(store, user);
    return provedLogin(
      { authenticatedAt: new Date(now), ...BY_PASSWORD },
      {
        user: publicUserOf(
          record,
          undefined,
          { store: owner, name: source.name, user: record, stamp, fixed: fixedUser(record), isActive: true },
          source.name,
          report,
        ),
        source,
        home: home?.isOneOfSeveral === true ? home.name : undefined,
        stamp,
        userId: userIdOf(record),
        provedBy: 'login',
        now,
      },
    );
  }
}

const TOKENS_OUTLIVE =
  'earlier tokens outlive a changed password: getUser() does not return the tokensValidFrom that ' +
  'updatePassword() was given';

/**
 * The user after the change; undefined if the store is unavailable. It never throws, since the password is already
 * changed.
 */
async function readAgain(store: UserstoreInterface, username: string): Promise<User | undefined> {
  try {
    const user = await store.getUser(username);
    silencePromisesIn(user);
    return isUser(user) ? user : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks that passwords can be changed, and that a change ends tokens.
 * @param call for messages
 * @throws ConfigurationError that names the missing part
 */
export function refuseUnchangeable(
  call: string,
  components: Pick<Components, 'userstores' | 'providers'>,
): void {
  const stores = components.userstores.map((store) => {
    const update: unknown = Reflect.get(store.get(), 'updatePassword');
    return { name: store.name, takes: typeof update === 'function' ? update.length : undefined };
  });
  if (stores.every(({ takes }) => takes === undefined)) {
    throw new ConfigurationError(`${call} needs a userstore that has updatePassword()`);
  }
  const forgetful = stores.find(({ takes = 4 }) => takes < 4);
  if (forgetful !== undefined) {
    throw new ConfigurationError(
      `${call} needs ${forgetful.name}.updatePassword(user, newHash, oldHash, changes): ` +
        'store changes.tokensValidFrom with the hash, or earlier tokens outlive the password. ' +
        'A parameter with a default value does not count',
    );
  }
  passwordProvider(call, components);
}

function passwordProvider(
  call: string,
  components: Pick<Components, 'providers'>,
): Component<PasswordProvider> {
  for (const { name, get } of components.providers) {
    const provider = get();
    if (isInstance<PasswordProvider>(provider, PasswordProvider)) return { name, get: () => provider };
  }
  throw new ConfigurationError(`${call} needs a PasswordProvider among the providers`);
}

/** A wrong current password is not a failed login: 401 would make a browser forget the right password. */
async function proved(
  provider: PasswordProvider,
  request: SecurityRequest,
  userstore: ProviderUserstore,
  credentials: { username: string; password: string },
): Promise<User> {
  try {
    return (await provider.prove(request, userstore, credentials)).user;
  } catch (cause) {
    if (isInstance(cause, BadCredentialsError)) throw new WrongPasswordError({ cause });
    throw cause;
  }
}

function read(body: unknown): { currentPassword: string; newPassword: string } {
  const { currentPassword, newPassword } = (body ?? {}) as Record<string, unknown>;
  if (typeof currentPassword !== 'string' || typeof newPassword !== 'string') throw new InvalidRequestError();
  return { currentPassword, newPassword };
}
