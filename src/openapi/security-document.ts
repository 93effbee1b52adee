/**
 * The OpenAPI document of an app: what each operation asks of its clients, worked out by the same compiler that guards
 * the running server, in a document of the app's own or in one with the paths alone.
 */
import type { SecuredOptions } from '../security/inspection';
import type { CompiledAction } from '../access/compiled';
import { ConfigurationError } from '../errors';
import { inspectOptions } from '../security/inspection';
import { flag, kind, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions } from '../util/parse-options';
import { AppSecurity } from './app-security';
import { BaseDocument } from './base-document';
import { type Json, jsonCopy, objectIn } from './json';
import { completeOperation } from './operation';
import { listOperations } from './operations';

/** The options of {@link securityDocument}. */
export interface DocumentOptions {
  /** The title, the version and more of the API. @default that of `base`, else the app's realm and `1.0.0` */
  info?: { title: string; version: string; [member: string]: unknown };
  /** Where the API is. @default those of `base`, else none, which is where the document comes from */
  servers?: readonly { url: string; description?: string }[];
  /**
   * A document of version 3.0 or 3.1 to complete, for example that of `routingControllersToSpec(servedMetadata(options))`.
   * It is not changed. What it says of parameters, bodies and replies stands; who may call stands as the app says it.
   */
  base?: object;
  /**
   * Says of each operation who may call it, as `x-access` and in its description. It names roles, policies and scopes:
   * not for strangers. @default false
   */
  describeAccess?: boolean;
}

/** The document, and the routes that it cannot have or has no longer. */
export interface SecurityDocument {
  /** The document, of version 3.1.1, to be written as JSON. */
  document: object;
  /** The routes that it cannot state, or not in full, such as `GET /files/* (FilesController.get)`; and guards outside of actions. */
  unlisted: string[];
  /** The operations of `base` that the app does not serve, such as `GET /old`: the document is without them. */
  dropped: string[];
}

const isText = (value: unknown): boolean => typeof value === 'string';

const OPTIONS = {
  info: optional(
    kind<NonNullable<DocumentOptions['info']>>(
      'must be an object with a title and a version',
      (value) => isPlainObject(value) && isText(value['title']) && isText(value['version']),
    ),
  ),
  servers: optional(
    kind<NonNullable<DocumentOptions['servers']>>(
      'must be a list of objects with a url',
      (value) =>
        Array.isArray(value) && Array.from(value).every((one) => isPlainObject(one) && isText(one['url'])),
    ),
  ),
  base: optional(kind<object>('must be an object', (value) => typeof value === 'object' && value !== null)),
  describeAccess: optional(flag, false),
} satisfies Record<keyof DocumentOptions, Kind<unknown>>;

/**
 * The OpenAPI document of an app's options, as `securest()` or `secure()` returned them, or with the bare pair in them.
 * No server is started and no store is asked.
 *
 * @throws ConfigurationError for options without securest's checkers, where a server would not start; for a `base` that is
 * no document of version 3.0 or 3.1; for a provider that reads a cookie and does not describe it, and for one name of a
 * component that stands for two
 * @example const { document } = securityDocument(options, { info: { title: 'Notes', version: '1.2.0' } });
 * @see OpenAPI Specification 3.1.1
 */
export function securityDocument(options: SecuredOptions, more: DocumentOptions = {}): SecurityDocument {
  const { base: given, info, servers, describeAccess } = parseOptions('securityDocument()', more, OPTIONS);
  const inspection = inspectOptions(options);
  const base = new BaseDocument(given);
  const { operations, unlisted } = listOperations(inspection.compiled);
  const security = new AppSecurity(inspection, {
    base: base.components,
    describeAccess,
    hasOwnBodies:
      (options as { defaultErrorHandler?: unknown }).defaultErrorHandler === false ||
      inspection.options.onUnauthorized !== undefined,
  });
  const paths: Record<string, Json> = {};
  const ids = new Set<string>();
  for (const listed of operations) {
    const found = base.find(listed);
    const operation = completeOperation(listed, found, security.of(listed.compiled, listed.method), ids);
    paths[listed.path] = { ...found?.item, ...paths[listed.path], [listed.method]: operation };
  }
  const document = jsonCopy({
    openapi: '3.1.1',
    ...base.members,
    info: info ?? infoOf(base.members['info'], inspection.options.realm),
    ...(servers !== undefined && { servers }),
    paths,
    components: { ...base.components, ...security.components() },
  });
  if (document === undefined) throw new ConfigurationError('securityDocument(): the options must be JSON');
  return {
    document,
    unlisted: [...unlisted.map(nameOf), ...inspection.guards.map(({ action }) => action)],
    dropped: base.dropped(),
  };
}

function infoOf(ofBase: unknown, realm: string): Json {
  const { title, version, ...others } = objectIn(ofBase);
  // That of routing-controllers-openapi is empty where nobody states it.
  return {
    title: title === undefined || title === '' ? realm : title,
    version: version ?? '1.0.0',
    ...others,
  };
}

function nameOf({ access: { method, route, action } }: CompiledAction): string {
  return `${method} ${route} (${action})`;
}
