/** OpenTelemetry's SDK in memory: the measurements and the spans of an instance. */
import { type Context, context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type http from 'node:http';

export interface Point {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sum of a counter, or the number of values of a histogram. */
  readonly count: number;
  /** The sum of a histogram. */
  readonly sum: number | undefined;
}

export class Telemetry implements AsyncDisposable {
  private readonly spanExporter = new InMemorySpanExporter();
  private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  private readonly reader = new PeriodicExportingMetricReader({
    exporter: this.metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  readonly meterProvider = new MeterProvider({ readers: [this.reader] });
  readonly tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.spanExporter)],
  });

  constructor() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  get providers() {
    const { meterProvider, tracerProvider } = this;
    return { meterProvider, tracerProvider };
  }

  /** The listener within a span for each request, as an instrumentation of `node:http` makes it. */
  inServerSpans(listener: http.RequestListener): http.RequestListener {
    const tracer = this.tracerProvider.getTracer('http');
    return (request, response) => {
      const span = tracer.startSpan(`${String(request.method)} ${String(request.url)}`, {
        kind: SpanKind.SERVER,
      });
      response.once('finish', () => {
        span.end();
      });
      context.with(trace.setSpan(context.active(), span), () => {
        listener(request, response);
      });
    };
  }

  get spans(): readonly ReadableSpan[] {
    return this.spanExporter.getFinishedSpans();
  }

  /** The library's own spans. */
  get authentications(): readonly ReadableSpan[] {
    return this.spans.filter(({ name }) => name === 'securest.authenticate');
  }

  /** The measurements so far. */
  async points(name?: string): Promise<Point[]> {
    await this.reader.forceFlush();
    const last = this.metricExporter.getMetrics().at(-1);
    const metrics = (last?.scopeMetrics ?? []).flatMap((scope) => scope.metrics);
    const all = metrics.flatMap(({ descriptor, dataPoints }) =>
      (dataPoints as DataPoint<number | Histogram>[]).map(({ value, attributes }) => ({
        name: descriptor.name,
        unit: descriptor.unit,
        attributes,
        count: typeof value === 'number' ? value : value.count,
        sum: typeof value === 'number' ? undefined : value.sum,
      })),
    );
    return name === undefined ? all : all.filter((point) => point.name === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    context.disable();
    propagation.disable();
    await this.meterProvider.shutdown();
    await this.tracerProvider.shutdown();
  }
}

/** The active span. */
export function activeSpan(within: Context = context.active()): Span | undefined {
  return trace.getSpan(within);
}
