import type { MeterProvider, Span, TracerProvider } from '@opentelemetry/api';
import type { ObservedAuthentication, ObservedOutcome, SecurityObserver } from '../core/observer';
import type { Clock } from '../util/clock';
import { callable, flag, optional, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { loadApi } from './api';
import { errorTypeOf, outcomeAttributes, requestAttributes } from './attributes';
import { metricsOf } from './metrics';

/** What can be instrumented: an instance that `createSecurity()` made. */
export interface Instrumented {
  observe(observer: SecurityObserver): () => void;
}

/** The options of {@link instrument}. */
export interface InstrumentOptions {
  /** True names the user in spans, as `enduser.id`. That is personal data; metrics never have it. @default false */
  endUser?: boolean;
  /** A `MeterProvider`. @default the global one, as it is set when `instrument()` is called */
  meterProvider?: { getMeter(name: string): object };
  /** A `TracerProvider`. @default the global one */
  tracerProvider?: { getTracer(name: string): object };
  /** In milliseconds, and never set back. For tests. @default performance.now */
  clock?: Clock;
}

const OPTIONS = {
  endUser: optional(flag, false),
  meterProvider: optional(withMethods<MeterProvider>('getMeter')),
  tracerProvider: optional(withMethods<TracerProvider>('getTracer')),
  clock: optional(callable<Clock>(), () => performance.now()),
} satisfies Record<keyof InstrumentOptions, Kind<unknown>>;

interface Running {
  /** How often it was instrumented, and not ended. */
  uses: number;
  readonly end: () => void;
}

const running = new WeakMap<Instrumented, Running>();

/**
 * Measures an instance by OpenTelemetry: counts how requests are authenticated and decided about, what was remembered and
 * who was throttled, times providers and userstores, and puts a span around the authentication of each request. Call it
 * after the SDK has started: a meter of before measures nothing. What the SDK throws changes no decision.
 *
 * An instance that is instrumented already stays as it is, and counts once.
 * @returns a function that ends it, once all that were returned for the instance have been called
 * @throws ConfigurationError for options that are unknown or have no valid value, and without `@opentelemetry/api`
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

/** A span around the authentication of a request: below the one that is active, and active in providers and stores. */
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
