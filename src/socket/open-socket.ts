/**
 * The login of an open socket: it is checked again and again, and ends with its credential, its user or its rule. What
 * makes one hands in how the connection is cut; nothing here knows a library of sockets.
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

/** What a socket is made from. */
export interface OpenSocketParts<U extends User> {
  /** Of the instance that gave the login. */
  readonly logins: OutsideLogins;
  /** The request that the login came with. */
  readonly request: IncomingMessage;
  readonly login: Authentication<U>;
  /** Must hold at each check; undefined for any authenticated user. */
  readonly rule: GuardRule<U> | undefined;
  /** What the rule guards, for events and logs. */
  readonly name: string;
  readonly recheckMs: number;
  /** Cuts the connection, where nobody who listens has ended it. */
  readonly cut: () => void;
}

/** The longest that a timer of Node can wait. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class OpenSocket<U extends User = User> implements SocketLogin<U> {
  private current: Authentication<U>;
  private listeners: readonly ((why: SocketEnd) => void)[] = NOBODY;
  private timer: NodeJS.Timeout | undefined;
  private ended: SocketEnd | undefined;
  private isClosed = false;
  private isChecking = false;
  /** How often something changed: a check that was under way then may have seen what was before. */
  private changes = 0;
  /** When the login ends, in milliseconds of the clock; undefined where it does not end by itself. */
  private endsAt: number | undefined;

  constructor(private readonly parts: OpenSocketParts<U>) {
    this.current = parts.login;
    this.endsAt = this.endOf(parts.login);
  }

  /**
   * Has the login checked from now on. Called once, when the connection is there whose end will call `close()`.
   * @param since the changes of `LiveLogins` when the request came: what changed meanwhile was not seen by its login
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

  /** True once the login has ended or the socket was closed: then nothing is allowed any more. */
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
      // What could not be decided is in the log already.
      if (isInstance(error, SecurityError)) return false;
      throw error;
    }
  }

  /**
   * The same as `Security.authorize()`, for the login of the last check.
   * @throws SecurityError where the user may not do it, where that cannot be decided, and once the login has ended
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
    // A function of its own for each call: the same listener may be given twice.
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

  /** Has the login checked now, or once more where that is under way. */
  recheck(): void {
    if (this.isOver) return;
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
      // Whatever else was thrown says that it could not be decided, and is in the log.
      else if (!isInstance(error, SecurityError)) throw error;
    }
  }

  /**
   * The credential's end; of one that came just after it, which counts for as long as clocks may differ, the end of that.
   */
  private endOf(login: Authentication<U>): number | undefined {
    const until = Authentication.acceptedUntil(login)?.getTime();
    const expiresAt = login.expiresAt?.getTime();
    if (until === undefined || expiresAt === undefined) return until ?? expiresAt;
    return this.now < expiresAt ? Math.min(expiresAt, until) : until;
  }

  /** Sets the one timer: for the next check, or for the end of the login where that is sooner. */
  private wait(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isOver) return;
    const left = this.endsAt === undefined ? Infinity : this.endsAt - this.now;
    // Written so that a broken date has passed.
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
    const isEnded = this.endsAt !== undefined && !(this.now < this.endsAt);
    if (isEnded || this.isChecking || this.parts.recheckMs === 0) this.wait();
    else void this.check();
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

  /** Whoever fails to end the connection must not keep it open by that. */
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

/** How many times checks spread over. Node keeps a list for each length of timers, so that each may not have its own. */
const STEPS = 64;

/** A time that is up to a tenth shorter. */
function spread(milliseconds: number): number {
  const step = Math.floor(Math.random() * STEPS);
  return Math.ceil(milliseconds * (1 - step / (10 * STEPS)));
}

/** True where it was decided, and against the user. */
function isDenial(error: unknown): boolean {
  return (
    isInstance<SecurityError>(error, AccessDeniedError) ||
    isInstance<SecurityError>(error, StepUpRequiredError)
  );
}
