import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../errors';
import { pairBoundTo, type SecuredApp } from '../security/inspection';
import { isSecurity } from '../security/security';

/** Keys of the options of an app, by which a module is known that exports nothing else. */
const OPTION_KEYS = ['authorizationChecker', 'currentUserChecker', 'controllers'];

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Loads the app that a module exports: its options as `options`, as the default, or as the module itself, or an instance in
 * one of these places or as `security`. A function is called, a promise awaited.
 * @throws ConfigurationError when it exports none, or a default and an instance of which none is the app for sure
 */
export async function loadApp(path: string): Promise<SecuredApp> {
  const exported = await loadNamed(path);
  const given = appIn(exported, path);
  const app: unknown = await (typeof given === 'function' ? (given as () => unknown)() : given);
  if (isObject(app)) {
    refuseOtherInstance(exported, app, path);
    return app;
  }
  throw new ConfigurationError(
    `${path} exports no options: export them as \`options\`, as the default, or as the module itself, or an instance of ` +
      'createSecurity() as `security`',
  );
}

/** @throws ConfigurationError for an instance beside the app of another one: its guards would be left out in silence */
function refuseOtherInstance(exported: unknown, app: SecuredApp, path: string): void {
  const { security } = Object(exported) as { readonly security?: unknown };
  if (!isSecurity(security) || (isSecurity(app) ? app : pairBoundTo(app)?.security) === security) return;
  throw new ConfigurationError(
    `${path} exports an app and, as \`security\`, another instance: secure the app with that instance, or report on each ` +
      'by a module of its own',
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

function appIn(exported: unknown, path: string): unknown {
  if (!isObject(exported) || isSecurity(exported)) return exported;
  const {
    options,
    security,
    default: inner,
  } = exported as { options?: unknown; security?: unknown; default?: unknown };
  if (options !== undefined) return options;
  if (security !== undefined && (inner === undefined || inner === exported)) return security;
  if (isSecurity(security) && !isApp(inner)) {
    if (isObject(inner) && !(inner instanceof Promise)) return security;
    throw new ConfigurationError(
      `${path} exports \`security\` and a default that may give options: export the app as \`options\``,
    );
  }
  // A CommonJS module that was imported, or compiled from another module system, may have its exports there.
  if (inner !== undefined) return inner === exported ? undefined : appIn(inner, path);
  return exported instanceof Promise || OPTION_KEYS.some((key) => key in exported) ? exported : undefined;
}

function isApp(value: unknown): boolean {
  return isSecurity(value) || (isObject(value) && pairBoundTo(value) !== undefined);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
