/**
 * Detects servers of `createExpressServer()` in an app that has Express 5: routing-controllers makes these with an
 * Express 4 of its own, so that code for Express 5, such as its route patterns, does not work there.
 */
import { createRequire } from 'node:module';
import { type BaseDriver, ExpressDriver } from 'routing-controllers';

interface Loading {
  express?: object;
  loadExpress(): void;
}

/** Drivers that received no app. */
const madeByHost = new WeakSet<object>();

/** Wraps the loading of Express; to be called once. */
export function watchOwnExpress(): void {
  const driver = ExpressDriver.prototype as unknown as Loading;
  // Taken from the prototype and called on each driver by call().
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { loadExpress } = driver;
  driver.loadExpress = function (this: Loading): void {
    if (this.express === undefined) madeByHost.add(this);
    loadExpress.call(this);
  };
}

/**
 * A line for the log; undefined for all other servers.
 * @param installed the app's version of Express
 */
export function ownExpressNotice(driver: BaseDriver, installed = installedExpress()): string | undefined {
  if (installed === undefined || !(Number.parseInt(installed, 10) >= 5) || !madeByHost.has(driver))
    return undefined;
  // Express 5 has no such method.
  if (!('lazyrouter' in Object((driver as unknown as Loading).express))) return undefined;
  return (
    `createExpressServer() runs on the Express 4 of routing-controllers, although Express ${installed} is installed: ` +
    'hand your app to useExpressServer() to run on that'
  );
}

function installedExpress(): string | undefined {
  try {
    const { version } = createRequire(__filename)('express/package.json') as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
