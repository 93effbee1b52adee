import { ConfigurationError } from '../errors';

/** Loads a package that apps install only where they use it. @throws ConfigurationError that says how to */
export function loadOptional(name: string, feature: string): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- securest installs without it
    return require(name) as unknown;
  } catch (error) {
    throw notInstalled(error, name, feature);
  }
}

/**
 * What to throw where a package could not be loaded: how to install it, or what went wrong while it was loaded.
 * @param name the package, or a file of it
 */
export function notInstalled(error: unknown, name: string, feature: string): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== 'MODULE_NOT_FOUND') return error;
  const [packageName] = /^(?:@[^/]+\/)?[^/]+/.exec(name) ?? [name];
  return new ConfigurationError(`${feature} needs the package ${packageName}: npm install ${packageName}`, {
    cause: error,
  });
}
