import { ConfigurationError } from '../errors';

/** Loads a package that apps install only where they use it. @throws ConfigurationError that says how to */
export function loadOptional(name: string, feature: string): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- securest installs without it
    return require(name) as unknown;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code !== 'MODULE_NOT_FOUND') throw error;
    throw new ConfigurationError(`${feature} needs the package ${name}: npm install ${name}`, {
      cause: error,
    });
  }
}
