/** Receives start-up lines, warnings and faults. `console` and a pino logger both fit. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
