import { ConfigurationError } from '../errors';

/**
 * Refuses an environment by which libkrb5 keeps no record of the tickets it has seen: each could be sent again.
 * @throws ConfigurationError that names the variable
 */
export function requireReplayCache(env: NodeJS.ProcessEnv = process.env): void {
  // The name counts before the type, and either may have more after a colon.
  const variable = ['KRB5RCACHENAME', 'KRB5RCACHETYPE'].find((name) => env[name] !== undefined);
  if (variable === undefined || !/^none(?::|$)/i.test(env[variable] ?? '')) return;
  throw new ConfigurationError(
    `KerberosProvider cannot refuse replays, because ${variable} switches libkrb5's replay cache off: unset it, ` +
      "or set KRB5RCACHENAME to 'dfl:'",
  );
}
