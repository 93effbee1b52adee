import { classChain } from '../util/class-chain';
import type { Constructor, ContainerLike } from './constructor';
import { findService, isTypeDi } from './known-service';
import { metadataCure } from './metadata-cure';
import { typeDi } from './typedi';

const PARAMETER_TYPES = 'design:paramtypes';

/**
 * Why a class cannot be injected: TypeDI passes its container to the first parameter of a class without metadata, in
 * place of what the constructor asks for, and nothing where a circular import has left the type undefined. Undefined
 * where nothing is wrong, or another container creates it.
 */
export function injectionFault(container: ContainerLike, cls: Constructor<unknown>): string | undefined {
  if (!isTypeDi(container)) return undefined;
  if (parameterTypes(cls) !== undefined) {
    return hasUndefinedType(cls) ? undefinedType(container, cls, new Set()) : undefined;
  }
  if (cls.length === 0 || !isCreated(container, cls)) return undefined;
  return (
    `${cls.name} has constructor parameters but no design:paramtypes, so TypeDI cannot inject them: decorate it, for ` +
    `example with @Service(), and ${metadataCure()}, or have a factory create it: Container.set({ id, factory })`
  );
}

const withUndefinedType = new WeakMap<object, boolean>();

/** Whether a type is undefined anywhere among what the class may be given: metadata does not change. */
function hasUndefinedType(cls: object): boolean {
  const known = withUndefinedType.get(cls);
  if (known !== undefined) return known;
  const seen = new Set<unknown>();
  const isMissing = (type: unknown): boolean => {
    if (type === undefined) return true;
    if (typeof type !== 'function' || seen.has(type)) return false;
    seen.add(type);
    return parameterTypes(type)?.some(isMissing) ?? false;
  };
  const found = isMissing(cls);
  withUndefinedType.set(cls, found);
  return found;
}

/** A parameter of the class, or of what it is given, whose type is undefined. */
function undefinedType(
  container: ContainerLike,
  cls: Constructor<unknown>,
  seen: Set<unknown>,
): string | undefined {
  const types = parameterTypes(cls);
  if (types === undefined || seen.has(cls) || !isCreated(container, cls)) return undefined;
  seen.add(cls);
  const required = constructorOf(cls).length;
  for (const [index, type] of types.entries()) {
    if (isInjectedByName(cls, index)) continue;
    if (type === undefined && index < required) {
      return (
        `${cls.name}: the type of constructor parameter ${String(index + 1)} was undefined when the class was ` +
        'decorated, so TypeDI would inject nothing: the two files import each other. Take what both need into a third ' +
        'file, or name the class later: @Inject(() => Type)'
      );
    }
    const fault = isService(container, type) ? undefinedType(container, type, seen) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function parameterTypes(cls: object): readonly unknown[] | undefined {
  const types = reflect().getMetadata?.(PARAMETER_TYPES, cls);
  return Array.isArray(types) ? (types as unknown[]) : undefined;
}

/** The class whose constructor runs: its own or the base's, whichever the metadata was written for. */
function constructorOf(cls: Constructor<unknown>): { readonly length: number } {
  const owner = classChain(cls).find((one) => reflect().hasOwnMetadata?.(PARAMETER_TYPES, one) === true);
  return (owner as Constructor<unknown> | undefined) ?? cls;
}

/** Its types are loaded only where a file imports the package. */
function reflect() {
  return Reflect as {
    getMetadata?(key: string, target: object): unknown;
    hasOwnMetadata?(key: string, target: object): boolean;
  };
}

/** True where `@Inject` says what a parameter gets, on the class or, as TypeDI has it, on its base. */
function isInjectedByName(cls: object, index: number): boolean {
  const base: unknown = Object.getPrototypeOf(cls);
  const handlers = typeDi?.Container.handlers ?? [];
  return handlers.some(
    (handler) => handler.index === index && (handler.object === cls || handler.object === base),
  );
}

function isService(container: ContainerLike, type: unknown): type is Constructor<unknown> {
  return typeof type === 'function' && findService(container, type as Constructor<unknown>) !== undefined;
}

/** False where an instance is set, or a factory makes it. */
function isCreated(container: ContainerLike, cls: Constructor<unknown>): boolean {
  const service = findService(container, cls);
  if (service === undefined) return true;
  return service.type === cls && !service.factory && typeof service.value === 'symbol';
}
