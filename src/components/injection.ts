import { Container, ContainerInstance } from 'typedi';
import type { Constructor, ContainerLike } from './constructor';

/** What TypeDI knows of a class. */
interface Service {
  readonly id: unknown;
  readonly type: unknown;
  readonly factory: unknown;
  readonly value: unknown;
}

/** True for TypeDI's own containers. */
export function isTypeDi(container: ContainerLike): boolean {
  return container === Container || container instanceof ContainerInstance;
}

/**
 * Why a class cannot be injected: TypeDI passes its container to the first parameter of a class without metadata, in
 * place of what the constructor asks for. Undefined where nothing is wrong, or another container creates it.
 */
export function injectionFault(container: ContainerLike, cls: Constructor<unknown>): string | undefined {
  if (cls.length === 0 || !isTypeDi(container) || hasMetadata(cls) || !isCreated(container, cls)) {
    return undefined;
  }
  return (
    `${cls.name} has constructor parameters but no design:paramtypes, so TypeDI cannot inject them: compile with ` +
    'emitDecoratorMetadata (tsc or swc; esbuild and tsx emit none), or have a factory create it: ' +
    'Container.set({ id, factory })'
  );
}

function hasMetadata(cls: object): boolean {
  const reflect = Reflect as { getMetadata?(key: string, target: object): unknown };
  return reflect.getMetadata?.('design:paramtypes', cls) !== undefined;
}

/** False where an instance is set, or a factory makes it. */
function isCreated(container: ContainerLike, cls: Constructor<unknown>): boolean {
  const service = serviceOf(container, cls) ?? serviceOf(Container.of(undefined), cls);
  if (service === undefined) return true;
  // A symbol stands for a value that is still to be created.
  return service.type === cls && !service.factory && typeof service.value === 'symbol';
}

function serviceOf(container: unknown, cls: Constructor<unknown>): Service | undefined {
  const { services = [] } = container as { services?: readonly Service[] };
  return services.find(({ id }) => id === cls);
}
