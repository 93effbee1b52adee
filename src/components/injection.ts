import type { Constructor, ContainerLike } from './constructor';
import { findService, isTypeDi } from './known-service';

/**
 * Why a class cannot be injected: TypeDI passes its container to the first parameter of a class without metadata, in
 * place of what the constructor asks for. Undefined where nothing is wrong, or another container creates it.
 */
export function injectionFault(container: ContainerLike, cls: Constructor<unknown>): string | undefined {
  if (cls.length === 0 || !isTypeDi(container) || hasMetadata(cls) || !isCreated(container, cls)) {
    return undefined;
  }
  return (
    `${cls.name} has constructor parameters but no design:paramtypes, so TypeDI cannot inject them: decorate it, for ` +
    'example with @Service(), and compile with emitDecoratorMetadata (tsc or swc; esbuild and tsx emit none), or have ' +
    'a factory create it: Container.set({ id, factory })'
  );
}

function hasMetadata(cls: object): boolean {
  const reflect = Reflect as { getMetadata?(key: string, target: object): unknown };
  return reflect.getMetadata?.('design:paramtypes', cls) !== undefined;
}

/** False where an instance is set, or a factory makes it. */
function isCreated(container: ContainerLike, cls: Constructor<unknown>): boolean {
  const service = findService(container, cls);
  if (service === undefined) return true;
  return service.type === cls && !service.factory && typeof service.value === 'symbol';
}
