/** An operation of the document: its description in the base, with the security requirements of the app. */
import type { FoundOperation } from './base-document';
import { type Json, objectIn } from './json';
import type { ListedOperation, ListedParameter } from './operations';

/** The security requirements of an operation. */
export interface OperationSecurity {
  /** Alternatives; empty for an open operation. Undefined if no scheme describes its credentials. */
  readonly security: readonly Json[] | undefined;
  /** References to the error responses, by status. */
  readonly refusals: Json;
  /** The access in a few words; undefined if the document must not state it. */
  readonly summary: string | undefined;
}

/** @param ids the operation ids of the document; the chosen id is added */
export function completeOperation(
  listed: ListedOperation,
  found: FoundOperation | undefined,
  { security, refusals, summary }: OperationSecurity,
  ids: Set<string>,
): Json {
  const { action } = listed.compiled;
  const written: Record<string, unknown> = { ...found?.operation };
  delete written['security'];
  delete written['parameters'];
  const parameters = parametersOf(listed, found?.parameters ?? []);
  const operationId = freeId(textIn(written['operationId']) ?? listed.compiled.access.action, ids);
  const responses = objectIn(written['responses']);
  return {
    tags: [tagOf(action.controllerMetadata.target.name)],
    ...written,
    operationId,
    ...(parameters.length > 0 && { parameters }),
    ...(security !== undefined && { security }),
    responses: {
      ...refusals,
      ...(Object.keys(responses).length > 0
        ? responses
        : { [successOf(listed)]: { description: 'Successful response' } }),
    },
    ...(summary !== undefined && {
      'x-access': summary,
      description: withAccess(textIn(written['description']), summary),
    }),
  };
}

/** The path parameters under the names of the document, and all other parameters of the base. */
function parametersOf({ parameters, compiled }: ListedOperation, found: readonly Json[]): readonly Json[] {
  const ofPath = parameters.map((parameter) => {
    const known = found.find((one) => one['in'] === 'path' && one['name'] === parameter.name);
    return pathParameter(parameter, known, () => typeOf(compiled, parameter.name));
  });
  return [...ofPath, ...found.filter((one) => one['in'] !== 'path')];
}

function pathParameter(
  { listedAs, source }: ListedParameter,
  found: Json | undefined,
  type: () => string,
): Json {
  const named = { ...found, name: listedAs, in: 'path', required: true };
  if (found?.['content'] !== undefined) return named;
  const schema = { ...(found === undefined ? { type: type() } : objectIn(found['schema'])) };
  return { ...named, schema: { ...schema, ...patternFor(source, schema) } };
}

/** The pattern is anchored, since a route matches the whole segment. A different pattern in the base stays. */
function patternFor(source: string | undefined, schema: Json): Json {
  if (source === undefined || (schema['pattern'] !== undefined && schema['pattern'] !== source)) return {};
  const pattern = `^(?:${source})$`;
  return isPortable(pattern) ? { pattern } : {};
}

/** True for an expression that JSON Schema supports. @see JSON Schema Core 2020-12 section 6.4 */
function isPortable(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source === pattern;
  } catch {
    return false;
  }
}

function typeOf({ action: { params } }: ListedOperation['compiled'], name: string): string {
  const param = params.find((one) => one.type === 'param' && one.name === name);
  return param?.targetName === 'number' || param?.targetName === 'boolean' ? param.targetName : 'string';
}

/** @see OpenAPI Specification 3.1.1 section 4.8.16.3 */
function successOf({ compiled: { action } }: ListedOperation): string {
  const { redirect, successHttpCode } = action as { redirect?: string; successHttpCode?: number };
  if (successHttpCode !== undefined) return String(successHttpCode);
  return redirect === undefined ? '2XX' : '302';
}

function freeId(wanted: string, ids: Set<string>): string {
  let id = wanted;
  for (let count = 2; ids.has(id); count += 1) id = `${wanted}.${String(count)}`;
  ids.add(id);
  return id;
}

/** `NotesReportController` as `Notes Report`. */
function tagOf(controller: string): string {
  return controller.replace(/Controller$/, '').replace(/([a-z\d])([A-Z])/g, '$1 $2') || controller;
}

function withAccess(description: string | undefined, summary: string): string {
  // Names come from the app, and viewers read the text as Markdown.
  const sentence = `Access: ${summary.replace(/[\\`*_[\]<>&#|~!]/g, '\\$&')}.`;
  if (description === undefined || description === '') return sentence;
  return description.endsWith(sentence) ? description : `${description}\n\n${sentence}`;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
