import { ConfigurationError } from '../errors';

/**
 * Refuses an environment in which libkrb5 does not record the tickets that it has seen: they could be replayed.
 * @throws ConfigurationError that names the variable
 */
export function requireReplayCache(env: NodeJS.ProcessEnv = process.env): void {
  // The name takes precedence over the type, and either may have a suffix after a colon.
  const variable = ['KRB5RCACHENAME', 'KRB5RCACHETYPE'].find((name) => env[name] !== undefined);
  if (variable === undefined || !/^none(?::|$)/i.test(env[variable] ?? '')) return;
  throw new ConfigurationError(
    `KerberosProvider cannot refuse replays, because ${variable} switches libkrb5's replay cache off: unset it, ` +
      "or set KRB5RCACHENAME to 'dfl:'",
  );
}
