import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../errors';
import { pairBoundTo, type SecuredApp } from '../security/inspection';
import { isSecurity } from '../security/security';

/** A module with one of these exports is taken for the options of an app. */
const OPTION_KEYS = ['authorizationChecker', 'currentUserChecker', 'controllers'];

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Loads the app that a module exports: its options as `options`, as the default, or as the module itself, or an
 * instance in one of these places or as `security`. A function is called, a promise awaited.
 * @throws ConfigurationError when the module exports no app, and when it is unclear which of several exports is the app
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

/** @throws ConfigurationError if `security` is not the instance of the app: its guards would be silently left out */
function refuseOtherInstance(exported: unknown, app: SecuredApp, path: string): void {
  const { security } = Object(exported) as { readonly security?: unknown };
  if (!isSecurity(security) || (isSecurity(app) ? app : pairBoundTo(app)?.security) === security) return;
  throw new ConfigurationError(
    `${path} exports an app and, as \`security\`, another instance: secure the app with that instance, or ` +
      'export each from a module of its own',
  );
}

/** @throws ConfigurationError when the file does not exist, or Node cannot read it */
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

/** Prefers `require`: loaders, for example for TypeScript, are often registered only there. */
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
      `${path} exports \`security\` and a default that may be the options: export the app as \`options\``,
    );
  }
  // An imported CommonJS module, or one compiled from ES modules, may have its exports under `default`.
  if (inner !== undefined) return inner === exported ? undefined : appIn(inner, path);
  return exported instanceof Promise || OPTION_KEYS.some((key) => key in exported) ? exported : undefined;
}

function isApp(value: unknown): boolean {
  return isSecurity(value) || (isObject(value) && pairBoundTo(value) !== undefined);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
