/** Helpers for tests of OpenAPI documents. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import type { RoutingControllersOptions } from 'routing-controllers';
import { type Constructor, createSecurity, type SecurityOptions } from '../../src';
import { type DocumentOptions, securityDocument } from '../../src/openapi';
import { MemoryLogger } from './reset';
import { provider } from './scripted';

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: Record<string, unknown>;
}

export interface Operation {
  operationId: string;
  tags?: string[];
  description?: string;
  parameters?: Parameter[];
  security?: Record<string, string[]>[];
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, unknown> }>;
  'x-access'?: string;
}

export interface OpenApi {
  openapi: string;
  info: Record<string, unknown>;
  servers?: unknown;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

export interface Documented {
  document: OpenApi;
  unlisted: string[];
  dropped: string[];
}

export function documented(options: RoutingControllersOptions, more?: DocumentOptions): Documented {
  const found = securityDocument(options, more);
  return { ...found, document: found.document as OpenApi };
}

/** The options of an app with these controllers, by default with a provider that reads Basic. */
export function secured(
  controllers: readonly Constructor<object>[],
  security: SecurityOptions = {},
  host: RoutingControllersOptions = {},
): RoutingControllersOptions {
  class Basic extends provider('basic', () => null) {
    override readonly schemes = ['basic'];
  }
  return createSecurity({ logger: new MemoryLogger(), providers: [Basic], ...security }).secure({
    ...host,
    controllers: [...controllers],
  });
}

/** The document of such an app. */
export function documentOf(
  controllers: readonly Constructor<object>[],
  security: SecurityOptions = {},
  more?: DocumentOptions,
): Documented {
  return documented(secured(controllers, security), more);
}

/** `get /notes/{id}` for each operation, in order. */
export function operationsIn({ paths }: OpenApi): string[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
}

/** The faults that two independent validators find. */
export async function faultsOf(document: OpenApi): Promise<string[]> {
  const { validate } = await import('@scalar/openapi-parser');
  // Validators may add marks to the document.
  const first = await new Validator().validate(structuredClone(document) as never);
  const second = await validate(structuredClone(document));
  return [
    ...(first.valid ? [] : [JSON.stringify(first.errors)]),
    ...(second.valid ? [] : [JSON.stringify(second.errors)]),
  ];
}

export async function expectValid(document: OpenApi): Promise<void> {
  expect(await faultsOf(document)).to.deep.equal([]);
}
