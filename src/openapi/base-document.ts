/** The app's own document to complete. Its operations are looked up for the operations that the app serves. */
import { ConfigurationError } from '../errors';
import { isJson, type Json, jsonCopy, objectIn, objectsIn } from './json';
import { type ListedOperation, METHODS } from './operations';
import { namesIn, type PathTemplate, shapeOf } from './path-template';

/** An operation of the base, with path parameters under the names of the route. */
export interface FoundOperation {
  readonly operation: Json;
  /** Includes the parameters of the path item. */
  readonly parameters: readonly Json[];
  /** The other members of its path item. */
  readonly item: Json;
}

interface Candidate {
  readonly path: string;
  readonly item: Json;
}

export class BaseDocument {
  /** All members except the version, paths, components and the security of the whole document. */
  readonly members: Json;
  readonly components: Json;
  private readonly byShape = new Map<string, Candidate[]>();
  private readonly used = new Set<unknown>();

  /** @throws ConfigurationError if it is not a document of version 3.0 or 3.1 */
  constructor(base: object | undefined) {
    // A copy, since the app's object must not change.
    const {
      paths = {},
      components = {},
      openapi = '3.1.1',
      ...members
    } = jsonCopy(base ?? {}) ?? { openapi: null };
    const isKnown = typeof openapi === 'string' && /^3\.[01]\.\d+$/.test(openapi);
    if (!isKnown || !isJson(paths) || !isJson(components)) throw noDocument();
    this.members = Object.fromEntries(Object.entries(members).filter(([name]) => name !== 'security'));
    this.components = components;
    for (const [written, item] of Object.entries(paths)) {
      if (!isJson(item)) continue;
      // A route prefix may be written without a slash.
      const path = written.startsWith('/') ? written : `/${written}`;
      const shape = shapeOf(path);
      this.byShape.set(shape, [...(this.byShape.get(shape) ?? []), { path, item: this.resolve(item) }]);
    }
  }

  /** The operation of the base for an operation that the app serves. */
  find({ own, whole, method }: ListedOperation): FoundOperation | undefined {
    // The base may describe an optional part of a path as a parameter that is not required.
    for (const template of whole === undefined || whole.path === own.path ? [own] : [own, whole]) {
      for (const { path, item } of this.candidates(template)) {
        const operation = item[method] ?? item['all'];
        if (!isJson(operation)) continue;
        this.used.add(operation);
        return {
          operation,
          parameters: this.parametersOf(operation, item, namesIn(path), template),
          item: withoutOperations(item),
        };
      }
    }
    return undefined;
  }

  /** The operations of the base that {@link find} has not returned, as method and path. */
  dropped(): string[] {
    return [...this.byShape.values()]
      .flat()
      .flatMap(({ path, item }) =>
        [...METHODS, 'all']
          .filter((method) => isJson(item[method]) && !this.used.has(item[method]))
          .map((method) => `${method.toUpperCase()} ${path}`),
      );
  }

  /** The candidates, beginning with the one with the route's own names. */
  private candidates({ path }: PathTemplate): readonly Candidate[] {
    const candidates = this.byShape.get(shapeOf(path)) ?? [];
    const isOwn = (candidate: Candidate): boolean => candidate.path === path;
    return [...candidates.filter(isOwn), ...candidates.filter((candidate) => !isOwn(candidate))];
  }

  private parametersOf(
    operation: Json,
    item: Json,
    names: readonly string[],
    { parameters }: PathTemplate,
  ): Json[] {
    const found = new Map<string, Json>();
    for (const written of [...objectsIn(item['parameters']), ...objectsIn(operation['parameters'])]) {
      const parameter = this.resolve(written);
      const isOfPath = parameter['in'] === 'path';
      const at = isOfPath ? names.indexOf(String(parameter['name'])) : -1;
      const name = parameters[at]?.name ?? parameter['name'];
      // A parameter outside the path stays as it was written.
      found.set(JSON.stringify([parameter['in'], name]), isOfPath ? { ...parameter, name } : written);
    }
    return [...found.values()];
  }

  /** The target of a reference into the document itself; a single step. */
  private resolve(value: Json): Json {
    const [, kind = '', name = ''] =
      typeof value['$ref'] === 'string'
        ? (/^#\/components\/(\w+)\/([\w.-]+)$/.exec(value['$ref']) ?? [])
        : [];
    const target = objectIn(this.components[kind])[name];
    return isJson(target) ? target : value;
  }
}

function withoutOperations(item: Json): Json {
  const names: readonly string[] = [...METHODS, 'all', 'parameters', '$ref'];
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

function noDocument(): ConfigurationError {
  return new ConfigurationError(
    'securityDocument(): base must be an OpenAPI document of version 3.0 or 3.1, as an object',
  );
}
