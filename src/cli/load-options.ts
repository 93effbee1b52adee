import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RoutingControllersOptions } from 'routing-controllers';
import { ConfigurationError } from '../errors';

/**
 * Loads what a module exports as `options` or as its default, and calls it when it is a function.
 * @throws ConfigurationError when it exports neither
 */
export async function loadOptions(path: string): Promise<RoutingControllersOptions> {
  const file = resolve(path);
  const exported = await load(file);
  const given = exported['options'] ?? exported['default'];
  const options: unknown = typeof given === 'function' ? await (given as () => unknown)() : await given;
  if (typeof options === 'object' && options !== null) return options;
  throw new ConfigurationError(`${path} exports no options: export them as \`options\` or as the default`);
}

/** By require where that can be: a loader that an app needs, for TypeScript say, is often registered there only. */
async function load(file: string): Promise<Record<string, unknown>> {
  let exported: unknown;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is only known at run time
    exported = require(file);
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    exported = await import(pathToFileURL(file).href);
  }
  const { default: inner, ...named } = exported as { default?: unknown };
  // A CommonJS module that was imported has its exports under `default`.
  return { ...(typeof inner === 'object' ? inner : {}), ...named, default: inner };
}
