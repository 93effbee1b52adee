import { ConfigurationError } from '../errors';

/**
 * Loads a package that apps install only if they use the feature.
 * @param name the package, or a file of it
 * @throws ConfigurationError that tells how to install it
 */
export function loadOptional(name: string, feature: string): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- securest installs without it
    return require(name) as unknown;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code !== 'MODULE_NOT_FOUND') throw error;
    const [packageName] = /^(?:@[^/]+\/)?[^/]+/.exec(name) ?? [name];
    throw new ConfigurationError(`${feature} needs the package ${packageName}: npm install ${packageName}`, {
      cause: error,
    });
  }
}
