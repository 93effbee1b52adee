import { classChain } from '../util/class-chain';
import type { Constructor, ContainerLike } from './constructor';
import { findService, isTypeDi } from './known-service';
import { metadataCure } from './metadata-cure';
import { typeDi } from './typedi';

const PARAMETER_TYPES = 'design:paramtypes';

/**
 * The reason why TypeDI cannot inject a class; undefined if it can, or if another container creates the class. For a
 * class without metadata, TypeDI passes its container as the first constructor argument. If a circular import has left
 * a type undefined, TypeDI passes nothing.
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

/**
 * Tells whether any direct or indirect dependency of the class has an undefined type. Cached, since metadata does not
 * change.
 */
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

/** A parameter of the class, or of its dependencies, whose type is undefined. */
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

/** The class that declares the constructor: the class itself or a base, whichever has the metadata. */
function constructorOf(cls: Constructor<unknown>): { readonly length: number } {
  const owner = classChain(cls).find((one) => reflect().hasOwnMetadata?.(PARAMETER_TYPES, one) === true);
  return (owner as Constructor<unknown> | undefined) ?? cls;
}

/** The metadata functions exist only if some file imports the package. */
function reflect() {
  return Reflect as {
    getMetadata?(key: string, target: object): unknown;
    hasOwnMetadata?(key: string, target: object): boolean;
  };
}

/** True if `@Inject` determines a parameter, on the class or, as in TypeDI, on its base. */
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

/** False if an instance is set, or a factory creates it. */
function isCreated(container: ContainerLike, cls: Constructor<unknown>): boolean {
  const service = findService(container, cls);
  if (service === undefined) return true;
  return service.type === cls && !service.factory && typeof service.value === 'symbol';
}
