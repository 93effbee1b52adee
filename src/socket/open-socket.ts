/**
 * The login of an open socket. It is checked repeatedly, and ends when its credential ends, its user may no longer log
 * in or its rule no longer holds. The creator passes a function that cuts the connection, so this file depends on no
 * socket library.
 */
import type { IncomingMessage } from 'node:http';
import type { Recheck } from '../authentication/recheck';
import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { AccessDeniedError, SecurityError, StepUpRequiredError } from '../errors';
import type { OutsideLogins } from '../security/outside-logins';
import type { GuardRule } from '../rules/guard-rule';
import { describeRule, toRule } from '../rules/rules';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import type { SocketEnd, SocketLogin } from './socket-login';

/** The parts of an {@link OpenSocket}. */
export interface OpenSocketParts<U extends User> {
  /** The logins of the instance that authenticated the client. */
  readonly logins: OutsideLogins;
  /** The request that was authenticated. */
  readonly request: IncomingMessage;
  readonly login: Authentication<U>;
  /** The rule that must hold at each check; undefined for any authenticated user. */
  readonly rule: GuardRule<U> | undefined;
  /** The name of the guarded object, for events and logs. */
  readonly name: string;
  readonly recheckMs: number;
  /** True once the connection is closed, although `close()` was not called: the app may remove all listeners. */
  readonly isGone: () => boolean;
  /** Cuts the connection if no listener ends it. */
  readonly cut: () => void;
}

/** The longest delay of a Node timer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class OpenSocket<U extends User = User> implements SocketLogin<U> {
  private current: Authentication<U>;
  private listeners: readonly ((why: SocketEnd) => void)[] = NOBODY;
  private timer: NodeJS.Timeout | undefined;
  private ended: SocketEnd | undefined;
  private isClosed = false;
  private isChecking = false;
  /** The number of changes: a check that was under way during a change may have seen the old state. */
  private changes = 0;
  /** When the login ends, in milliseconds of the clock; undefined if it does not expire. */
  private endsAt: number | undefined;

  constructor(private readonly parts: OpenSocketParts<U>) {
    this.current = parts.login;
    this.endsAt = this.endOf(parts.login);
  }

  /**
   * Starts the checks of the login. Called once, when the connection is open and its end will call `close()`.
   * @param since the `changes` of `LiveLogins` when the request came: its login did not see changes since then
   */
  start(since: number): void {
    if (this.isOver) return;
    const { liveLogins } = this.parts.logins.parts;
    liveLogins.add(this.username, this);
    this.wait();
    if (liveLogins.changes !== since) this.recheck();
  }

  get login(): Authentication<U> {
    return this.current;
  }

  /** True once the login has ended or the socket was closed: after that every rule is denied. */
  get isOver(): boolean {
    return this.isClosed || this.ended !== undefined;
  }

  async may(rule: GuardRule<U>): Promise<boolean> {
    const name = describeRule(toRule(rule, 'may()'));
    if (this.isOver) return false;
    try {
      await this.authorize(rule, name);
      return !this.isOver;
    } catch (error) {
      // An undecided rule has been logged already.
      if (isInstance(error, SecurityError)) return false;
      throw error;
    }
  }

  /**
   * The same as `Security.authorize()`, for the login as of the last check.
   * @throws SecurityError if the rule denies it, if it cannot be decided, and once the login has ended
   */
  async authorize(rule: GuardRule<U> | undefined, name: string): Promise<void> {
    const { logins, request } = this.parts;
    if (this.isOver) throw new AccessDeniedError({ cause: new Error('The login of the socket has ended') });
    await logins.authorize(request, this.current, rule as GuardRule | undefined, name);
  }

  run<T>(work: () => T): T {
    const { context } = this.parts.logins.parts;
    return context.runFor(() => (this.isOver ? undefined : this.current), work);
  }

  onEnd(listener: (why: SocketEnd) => void): () => void {
    // A separate function for each call: the same listener may be added twice.
    const own = (why: SocketEnd): void => {
      this.tell(listener, why);
    };
    const { ended } = this;
    this.listeners = [...this.listeners, own];
    if (ended !== undefined && !this.isClosed) {
      queueMicrotask(() => {
        if (this.listeners.includes(own)) own(ended);
      });
    }
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own);
    };
  }

  close(): void {
    this.isClosed = true;
    this.listeners = NOBODY;
    this.stop();
  }

  /** Checks the login now; if a check is under way, it is repeated. */
  recheck(): void {
    if (this.isOver || this.isLeft()) return;
    this.changes += 1;
    if (!this.isChecking) void this.check();
  }

  private get username(): string {
    return this.parts.login.user.username;
  }

  private get now(): number {
    return this.parts.logins.parts.options.clock();
  }

  /** Never rejects. */
  private async check(): Promise<void> {
    this.isChecking = true;
    // The login may end meanwhile.
    this.wait();
    try {
      let seen: number;
      do {
        seen = this.changes;
        await this.checkOnce();
      } while (seen !== this.changes && !this.isOver);
    } catch (cause) {
      this.parts.logins.parts.audit.error('The login of a socket could not be checked', cause);
    } finally {
      this.isChecking = false;
      this.wait();
    }
  }

  private async checkOnce(): Promise<void> {
    const { logins, request, rule, name } = this.parts;
    const result: Recheck = await logins.recheck(request, this.current);
    if (this.isOver || result.kind === 'undecided') return;
    if (result.kind === 'ended') {
      this.end(result.why);
      return;
    }
    this.current = result.login.authentication as Authentication<U>;
    this.endsAt = this.endOf(this.current);
    try {
      await logins.authorize(request, this.current, rule as GuardRule | undefined, name, true);
    } catch (error) {
      if (isDenial(error)) this.end('denied');
      // Any other SecurityError means that it could not be decided, and has been logged.
      else if (!isInstance(error, SecurityError)) throw error;
    }
  }

  /**
   * The credential's end. A credential that was accepted just after its end, within the clock tolerance, ends with the
   * tolerance.
   */
  private endOf(login: Authentication<U>): number | undefined {
    const until = Authentication.acceptedUntil(login)?.getTime();
    const expiresAt = login.expiresAt?.getTime();
    if (until === undefined || expiresAt === undefined) return until ?? expiresAt;
    return this.now < expiresAt ? Math.min(expiresAt, until) : until;
  }

  /** Sets the timer for the next check, or for the end of the login if that is sooner. */
  private wait(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isOver) return;
    const left = this.endsAt === undefined ? Infinity : this.endsAt - this.now;
    // Written so that an invalid date counts as expired.
    if (!(left > 0)) {
      this.end('expired');
      return;
    }
    const { recheckMs } = this.parts;
    const untilCheck = recheckMs === 0 || this.isChecking ? Infinity : spread(recheckMs);
    const delay = Math.min(left, untilCheck);
    if (delay === Infinity) return;
    this.timer = setTimeout(
      () => {
        this.onTime();
      },
      Math.min(Math.ceil(delay), MAX_DELAY_MS),
    );
    this.timer.unref();
  }

  private onTime(): void {
    if (this.isLeft()) return;
    const isEnded = this.endsAt !== undefined && !(this.now < this.endsAt);
    if (isEnded || this.isChecking || this.parts.recheckMs === 0) this.wait();
    else void this.check();
  }

  /** Closes a login whose connection is gone. */
  private isLeft(): boolean {
    if (!this.parts.isGone()) return false;
    this.close();
    return true;
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.parts.logins.parts.liveLogins.remove(this.username, this);
  }

  private end(why: SocketEnd): void {
    if (this.isOver) return;
    this.ended = why;
    this.stop();
    const { listeners } = this;
    if (listeners.length === 0) this.cut();
    for (const listener of listeners) listener(why);
  }

  /** A listener that fails to end the connection must not keep it open, so the connection is cut. */
  private tell(listener: (why: SocketEnd) => unknown, why: SocketEnd): void {
    const failed = (cause: unknown): void => {
      this.parts.logins.parts.audit.error('A listener of onEnd() failed', cause);
      this.cut();
    };
    try {
      ignoreRejection(listener(why), failed);
    } catch (cause) {
      failed(cause);
    }
  }

  private cut(): void {
    try {
      this.parts.cut();
    } catch (cause) {
      this.parts.logins.parts.audit.error('A socket could not be cut', cause);
    }
  }
}

const NOBODY: readonly never[] = [];

/** The number of different delays. Node keeps a list for each timer duration, so sockets must share durations. */
const STEPS = 64;

/** A time that is shorter by up to a tenth. */
function spread(milliseconds: number): number {
  const step = Math.floor(Math.random() * STEPS);
  return Math.ceil(milliseconds * (1 - step / (10 * STEPS)));
}

/** True if the rule was decided against the user. */
function isDenial(error: unknown): boolean {
  return (
    isInstance<SecurityError>(error, AccessDeniedError) ||
    isInstance<SecurityError>(error, StepUpRequiredError)
  );
}
