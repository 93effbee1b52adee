/** The document that an app hands over to be completed: its operations are looked up by what the app serves. */
import { ConfigurationError } from '../errors';
import { isJson, type Json, jsonCopy, objectIn, objectsIn } from './json';
import { type ListedOperation, METHODS } from './operations';
import { namesIn, type PathTemplate, shapeOf } from './path-template';

/** An operation of the base, with the parameters of its path by the names that the route has for them. */
export interface FoundOperation {
  readonly operation: Json;
  /** Those of the path item too. */
  readonly parameters: readonly Json[];
  /** What else its path item says. */
  readonly item: Json;
}

interface Candidate {
  readonly path: string;
  readonly item: Json;
}

export class BaseDocument {
  /** All of it but version, paths, components and the security that counts for all operations. */
  readonly members: Json;
  readonly components: Json;
  private readonly byShape = new Map<string, Candidate[]>();
  private readonly used = new Set<unknown>();

  /** @throws ConfigurationError for what is no document of version 3.0 or 3.1 */
  constructor(base: object | undefined) {
    // The app goes on with its own object.
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
      // A prefix may be written without one.
      const path = written.startsWith('/') ? written : `/${written}`;
      const shape = shapeOf(path);
      this.byShape.set(shape, [...(this.byShape.get(shape) ?? []), { path, item: this.resolve(item) }]);
    }
  }

  /** The operation of the base that is about one which the app serves. */
  find({ own, whole, method }: ListedOperation): FoundOperation | undefined {
    // An optional part of a path may be written as one that is not required.
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

  /** The operations that {@link find} has not found, as method and path. */
  dropped(): string[] {
    return [...this.byShape.values()]
      .flat()
      .flatMap(({ path, item }) =>
        [...METHODS, 'all']
          .filter((method) => isJson(item[method]) && !this.used.has(item[method]))
          .map((method) => `${method.toUpperCase()} ${path}`),
      );
  }

  /** The one with the route's own names first. */
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
      // What is none of the path is as it was written.
      found.set(JSON.stringify([parameter['in'], name]), isOfPath ? { ...parameter, name } : written);
    }
    return [...found.values()];
  }

  /** What a reference into the document itself stands for, one step. */
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
