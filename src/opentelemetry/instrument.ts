import type { MeterProvider, Span, TracerProvider } from '@opentelemetry/api';
import type { ObservedAuthentication, ObservedOutcome, SecurityObserver } from '../core/observer';
import type { Clock } from '../util/clock';
import { callable, flag, optional, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { loadApi } from './api';
import { errorTypeOf, outcomeAttributes, requestAttributes } from './attributes';
import { metricsOf } from './metrics';

/** The interface of an instance that can be instrumented: the instances of `createSecurity()` have it. */
export interface Instrumented {
  observe(observer: SecurityObserver): () => void;
}

/** The options of {@link instrument}. */
export interface InstrumentOptions {
  /** True adds the user name to spans, as `enduser.id`. It is personal data; metrics never have it. @default false */
  endUser?: boolean;
  /** A `MeterProvider`. @default the global `MeterProvider` at the call of `instrument()` */
  meterProvider?: { getMeter(name: string): object };
  /** A `TracerProvider`. @default the global `TracerProvider` */
  tracerProvider?: { getTracer(name: string): object };
  /** A monotonic clock, in milliseconds. For tests. @default performance.now */
  clock?: Clock;
}

const OPTIONS = {
  endUser: optional(flag, false),
  meterProvider: optional(withMethods<MeterProvider>('getMeter')),
  tracerProvider: optional(withMethods<TracerProvider>('getTracer')),
  clock: optional(callable<Clock>(), () => performance.now()),
} satisfies Record<keyof InstrumentOptions, Kind<unknown>>;

interface Running {
  /** The number of `instrument()` calls that have not been ended. */
  uses: number;
  readonly end: () => void;
}

const running = new WeakMap<Instrumented, Running>();

/**
 * Instruments an instance with OpenTelemetry: it counts the outcomes of authentication and authorization, cache lookups
 * and throttled logins, times providers and userstores, and puts a span around the authentication of each request. Call
 * it after the SDK has started: meters created before measure nothing. Errors of the SDK do not change decisions.
 *
 * If an instance is already instrumented, further calls change nothing and requests are counted once.
 * @returns a function that ends the instrumentation, once all functions returned for the instance have been called
 * @throws ConfigurationError for unknown or invalid options, and without `@opentelemetry/api`
 * @example const end = instrument(security);
 */
export function instrument(security: Instrumented, options: InstrumentOptions = {}): () => void {
  const settings = parseOptions('instrument', options, OPTIONS);
  const own = running.get(security) ?? { uses: 0, end: security.observe(observerOf(settings)) };
  own.uses += 1;
  running.set(security, own);
  let isEnded = false;
  return () => {
    if (isEnded) return;
    isEnded = true;
    own.uses -= 1;
    if (own.uses > 0) return;
    running.delete(security);
    own.end();
  };
}

interface Settings {
  readonly endUser: boolean;
  readonly meterProvider: MeterProvider | undefined;
  readonly tracerProvider: TracerProvider | undefined;
  readonly clock: Clock;
}

function observerOf({ endUser, meterProvider, tracerProvider, clock }: Settings): SecurityObserver {
  const { metrics, trace } = loadApi();
  const { observer, count } = metricsOf((meterProvider ?? metrics).getMeter('securest'), clock);
  const tracer = (tracerProvider ?? trace).getTracer('securest');
  return {
    ...observer,
    authentication: (request) => {
      const attributes = requestAttributes(request);
      return watched(tracer.startSpan('securest.authenticate', { attributes }), count, endUser);
    },
  };
}

/**
 * A span around the authentication of a request: a child of the active span, and itself active in providers and stores.
 */
function watched(
  span: Span,
  count: (outcome: ObservedOutcome) => void,
  endUser: boolean,
): ObservedAuthentication {
  const { context, SpanStatusCode, trace } = loadApi();
  return {
    run: (work) => {
      context.with(trace.setSpan(context.active(), span), work);
    },
    end: (outcome) => {
      try {
        span.setAttributes(outcomeAttributes(outcome));
        if (endUser && outcome.user !== undefined) span.setAttribute('enduser.id', outcome.user);
        if (errorTypeOf(outcome) !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      } finally {
        count(outcome);
      }
    },
  };
}
