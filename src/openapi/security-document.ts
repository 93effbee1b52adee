/**
 * The OpenAPI document of an app: the security requirements of each operation, from the same compiler that guards the
 * running server, added to the app's own document or to a document with the paths alone.
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
  /** The title, the version and more of the API. @default the info of `base`, else the app's realm and `1.0.0` */
  info?: { title: string; version: string; [member: string]: unknown };
  /** The servers of the API. @default the servers of `base`, else absent, which means the server of the document */
  servers?: readonly { url: string; description?: string }[];
  /**
   * A document of version 3.0 or 3.1 to complete, for example from `routingControllersToSpec(servedMetadata(options))`.
   * The object is not changed. Its parameters, bodies and responses are kept; its security is replaced by the app's.
   */
  base?: object;
  /**
   * Adds the access of each operation, as `x-access` and in its description. It names roles, policies and scopes, so
   * such a document should not be public. @default false
   */
  describeAccess?: boolean;
}

/** The document, the routes that it cannot express, and the operations that it dropped. */
export interface SecurityDocument {
  /** The document, of version 3.1.1, ready to be serialised as JSON. */
  document: object;
  /**
   * The routes that it cannot express, or only in part, such as `GET /files/* (FilesController.get)`; and guards
   * outside of actions.
   */
  unlisted: string[];
  /** The operations of `base` that the app does not serve, such as `GET /old`: the document does not have them. */
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
 * The OpenAPI document of an app's options, as `securest()` or `secure()` returned them, or of options that contain its
 * two checkers. No server is started and no store is asked.
 *
 * @throws ConfigurationError for options without securest's checkers; if a server would not start; for a `base` that is
 * not a document of version 3.0 or 3.1; for a provider that reads a cookie and does not describe it; and for different
 * components with the same name
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
  // routing-controllers-openapi sets an empty title if the app sets no title.
  return {
    title: title === undefined || title === '' ? realm : title,
    version: version ?? '1.0.0',
    ...others,
  };
}

function nameOf({ access: { method, route, action } }: CompiledAction): string {
  return `${method} ${route} (${action})`;
}
