/** Metrics and traces, through the optional peer `@opentelemetry/api`. */
export { instrument, type Instrumented, type InstrumentOptions } from './instrument';
