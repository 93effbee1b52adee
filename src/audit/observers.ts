import type { ProviderVerdict, SecurityEvent } from '../core/events';
import type {
  ObservedAuthentication,
  ObservedOutcome,
  SecurityObserver,
  UserstoreOperation,
} from '../core/observer';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { ignoreRejection, isThenable } from '../util/ignore-rejection';
import { attempted } from '../util/maybe-promise';

/** The result with which an observer began. */
interface Begun<T> {
  readonly observer: SecurityObserver;
  readonly begun: T;
}

/** For work that ended without an outcome. */
const FAULT: ObservedOutcome = { outcome: 'refused', code: 'security_error' };

/**
 * The observers of one instance. Without observers nothing is created for them, and an observer cannot change a
 * decision. The first failure of each observer is reported.
 */
export class Observers {
  private list: readonly SecurityObserver[] = [];
  private readonly failed = new WeakSet<SecurityObserver>();

  constructor(private readonly onFailure: (cause: unknown) => void) {}

  /** Must be checked before anything is created for observers. */
  get isOn(): boolean {
    return this.list.length > 0;
  }

  /** @returns a function that removes the observer; work that has begun by then still reports its end */
  add(observer: SecurityObserver): () => void {
    let isAdded = true;
    this.list = [...this.list, observer];
    return () => {
      if (!isAdded) return;
      isAdded = false;
      this.list = this.list.toSpliced(this.list.indexOf(observer), 1);
    };
  }

  /** Runs the authentication of a request, once, and reports its outcome. */
  authentication<T>(
    request: SecurityRequest,
    work: () => MaybePromise<T>,
    outcomeOf: (result: T) => ObservedOutcome,
  ): MaybePromise<T> {
    const watches = this.begin((observer) => observer.authentication?.(request));
    return watched(this.within(watches, work), (result) => {
      let outcome: ObservedOutcome | undefined;
      const told = (): ObservedOutcome =>
        (outcome ??= result === undefined ? FAULT : outcomeOf(result.value));
      this.tell(watches, (watch) => watch.end(told()));
    });
  }

  /** @returns a function to call with the verdict; undefined if no observer waits for it */
  provider(name: string): ((verdict: ProviderVerdict) => void) | undefined {
    if (!this.isOn) return undefined;
    const ends = this.begin((observer) => observer.provider?.(name));
    if (ends.length === 0) return undefined;
    return (verdict) => {
      this.tell(ends, (end) => end(verdict));
    };
  }

  /** Asks a store, and reports the outcome. */
  userstore<T>(name: string, operation: UserstoreOperation, ask: () => MaybePromise<T>): MaybePromise<T> {
    const ends = this.begin((observer) => observer.userstore?.(name, operation));
    return watched(attempted(ask), (result) => {
      const isFound = result?.value !== null && result?.value !== undefined;
      const answer = isFound ? 'found' : 'not_found';
      this.tell(ends, (end) => end(result === undefined ? 'failed' : answer));
    });
  }

  lookup(provider: string, isHit: boolean): void {
    this.begin((observer) => observer.lookup?.(provider, isHit));
  }

  /** @param make is called only if there is an observer */
  event(make: () => SecurityEvent): void {
    this.begin((observer) => observer.event?.(make()));
  }

  /** Runs work within the contexts of all observers, the first outermost. */
  private within<T>(
    watches: readonly Begun<ObservedAuthentication>[],
    work: () => MaybePromise<T>,
  ): MaybePromise<T> {
    const done: { result?: MaybePromise<T> } = {};
    let step = once(() => {
      done.result = attempted(work);
    });
    for (const { observer, begun } of watches.toReversed()) {
      const inner = step;
      step = once(() => {
        this.call(observer, () => begun.run?.(inner));
        inner();
      });
    }
    step();
    return done.result as MaybePromise<T>;
  }

  /** The results that the observers return at the begin. Empty and invalid results are left out. */
  private begin<T>(start: (observer: SecurityObserver) => T): Begun<NonNullable<T>>[] {
    const all: Begun<NonNullable<T>>[] = [];
    for (const observer of this.list) {
      const begun = this.call(observer, () => start(observer));
      if (begun !== null && begun !== undefined) all.push({ observer, begun });
    }
    return all;
  }

  private tell<T>(all: readonly Begun<T>[], tell: (begun: T) => unknown): void {
    for (const { observer, begun } of all) this.call(observer, () => tell(begun));
  }

  /** Undefined for a call that failed, and for a promise, which is not awaited. */
  private call<T>(observer: SecurityObserver, work: () => T): T | undefined {
    try {
      const result = work();
      if (!isThenable(result)) return result;
      ignoreRejection(result, (cause) => {
        this.fail(observer, cause);
      });
    } catch (cause) {
      this.fail(observer, cause);
    }
    return undefined;
  }

  private fail(observer: SecurityObserver, cause: unknown): void {
    if (this.failed.has(observer)) return;
    this.failed.add(observer);
    this.onFailure(cause);
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

/** Reports a result when it arrives: undefined for a failure. */
function watched<T>(
  result: MaybePromise<T>,
  onEnd: (result: { readonly value: T } | undefined) => void,
): MaybePromise<T> {
  if (!isThenable(result)) {
    onEnd({ value: result });
    return result;
  }
  return Promise.resolve(result).then(
    (value) => {
      onEnd({ value });
      return value;
    },
    (error: unknown) => {
      onEnd(undefined);
      throw error;
    },
  );
}
