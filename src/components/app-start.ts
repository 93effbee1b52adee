/**
 * Whether the last start of the app failed. After a failed start nothing is granted until a whole start has succeeded:
 * an app that goes on after the exception would otherwise run with only some of its checks.
 */
import { ConfigurationError } from '../errors';

interface Fault {
  readonly cause: unknown;
  /** True if only a server can repeat the start: `start()` does not know the server's actions. */
  readonly isOfServer: boolean;
}

export class AppStart {
  private fault: Fault | undefined;

  /** Runs a start without a server. @throws the exception of the work, or of the server whose start failed last */
  run(work: () => void): void {
    if (this.fault?.isOfServer === true) throw this.fault.cause;
    try {
      work();
    } catch (cause) {
      this.fault = { cause, isOfServer: false };
      throw cause;
    }
    this.fault = undefined;
  }

  /** Records that a server is being built; it has failed unless `serverStarted()` follows. */
  serverBegun(): void {
    this.serverFailed(new ConfigurationError('A server of the app has been begun and is not complete'));
  }

  serverFailed(cause: unknown): void {
    this.fault = { cause, isOfServer: true };
  }

  serverStarted(): void {
    this.fault = undefined;
  }

  /** @throws ConfigurationError if the last start failed */
  refuseFailed(): void {
    if (this.fault === undefined) return;
    throw new ConfigurationError('The last start of the app failed, so nothing is granted', this.fault);
  }
}
