import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SecuredOptions } from '../security/inspection';
import { ConfigurationError } from '../errors';

/** Keys of the options of an app, by which a module is known that exports nothing else. */
const OPTION_KEYS = ['authorizationChecker', 'currentUserChecker', 'controllers'];

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Loads the options that a module exports: as `options`, as its default, or as the module itself. A function is
 * called, a promise awaited.
 * @throws ConfigurationError when it exports no options
 */
export async function loadOptions(path: string): Promise<SecuredOptions> {
  const given = optionsIn(await loadNamed(path));
  const options: unknown = await (typeof given === 'function' ? (given as () => unknown)() : given);
  if (isObject(options)) return options;
  throw new ConfigurationError(
    `${path} exports no options: export them as \`options\`, as the default, or as the module itself`,
  );
}

/** @throws ConfigurationError when there is no such file, or Node cannot read it */
async function loadNamed(path: string): Promise<unknown> {
  const file = resolve(path);
  try {
    require.resolve(file);
  } catch (cause) {
    throw new ConfigurationError(`There is no module ${path}: name the compiled file, and compile first`, {
      cause,
    });
  }
  try {
    return await load(file);
  } catch (cause) {
    const { code } = (cause ?? {}) as { code?: unknown };
    const isUnread = cause instanceof SyntaxError || code === 'ERR_UNKNOWN_FILE_EXTENSION';
    if (!isUnread || !TYPESCRIPT.test(path)) throw cause;
    throw new ConfigurationError(
      `Node cannot read the TypeScript of ${path}: name the compiled file, or run the command with a loader`,
      { cause },
    );
  }
}

/** By require where that can be: a loader that an app needs, for TypeScript say, is often registered there only. */
async function load(file: string): Promise<unknown> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is only known at run time
    return require(file);
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return import(pathToFileURL(file).href);
  }
}

function optionsIn(exported: unknown): unknown {
  if (!isObject(exported)) return exported;
  const { options, default: inner } = exported as { options?: unknown; default?: unknown };
  if (options !== undefined) return options;
  // A CommonJS module that was imported, or compiled from another module system, may have its exports there.
  if (inner !== undefined) return inner === exported ? undefined : optionsIn(inner);
  return exported instanceof Promise || OPTION_KEYS.some((key) => key in exported) ? exported : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
