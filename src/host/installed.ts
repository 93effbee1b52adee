/** Explains the remedy if routing-controllers is not installed. Entry modules must import it first. */
import { ConfigurationError } from '../errors';

try {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an app may have another host
  require('routing-controllers');
} catch (cause) {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  if (code !== 'MODULE_NOT_FOUND' || !String(message).includes("'routing-controllers'")) throw cause;
  throw new ConfigurationError(
    "This part of securest needs the package routing-controllers: npm install routing-controllers. An app of Koa's or " +
      "Express' own routers imports 'securest/routers' in place of 'securest'",
    { cause },
  );
}
