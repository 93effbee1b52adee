/**
 * Finds a class in TypeDI without searching all of its services. TypeDI itself does this search two or three times for
 * each requested class.
 *
 * The record of a class is cached with its position. It is used only while a quick check shows that TypeDI would find
 * the same record: the container has the same list, the record is at the same position, and no method of the search has
 * been replaced. Values are never cached, so setting, removing and resetting take effect at once. A new record is
 * always appended to a list, so it cannot come before a known one.
 */
import { types } from 'node:util';
import type { Constructor, ContainerLike } from './constructor';
import { typeDi } from './typedi';

/** TypeDI's record of a class. */
export interface Service {
  readonly id: unknown;
  readonly type: unknown;
  readonly factory: unknown;
  /** A symbol stands for a value that has not been created yet. */
  readonly value: unknown;
  /** True if every container uses the instance of the global container. */
  readonly global: unknown;
}

/** The position of the first record of a class in a container. */
interface Place {
  readonly services: readonly Service[];
  readonly index: number;
  readonly service: Service;
}

interface Places {
  readonly global: Place;
  /** Undefined for the global container, and if another container has no record of its own. */
  readonly own: Place | undefined;
}

const places = new WeakMap<ContainerLike, WeakMap<Constructor<unknown>, Places>>();

/** True for TypeDI's own containers. */
export function isTypeDi(container: ContainerLike): boolean {
  return (
    typeDi !== undefined && (container === typeDi.Container || container instanceof typeDi.ContainerInstance)
  );
}

/** The record that TypeDI would use for a class; undefined if the quick check fails. */
export function knownService(container: ContainerLike, cls: Constructor<unknown>): Service | undefined {
  const known = places.get(container)?.get(cls);
  if (known === undefined || !isUntouched(container)) return undefined;
  const root = typeDi?.Container.of();
  if (root === undefined || !stands(known.global, root, cls)) return undefined;
  if (isRoot(container, root) || known.global.service.global === true) return known.global.service;
  return known.own !== undefined && stands(known.own, container, cls) ? known.own.service : undefined;
}

/** The record that TypeDI would use for a class, found by TypeDI's own search. */
export function findService(container: ContainerLike, cls: Constructor<unknown>): Service | undefined {
  const root = typeDi?.Container.of();
  if (root === undefined) return undefined;
  const global = placeOf(root, cls)?.service;
  if (isRoot(container, root) || global?.global === true) return global;
  return placeOf(container, cls)?.service ?? global;
}

/**
 * Caches the position at which TypeDI has just found a class.
 * @param value the value that TypeDI returned
 */
export function rememberService(container: ContainerLike, cls: Constructor<unknown>, value: unknown): void {
  const root = typeDi?.Container.of();
  if (root === undefined || knownService(container, cls) !== undefined) return;
  const global = placeOf(root, cls);
  if (global === undefined || types.isProxy(container)) return;
  const own = isRoot(container, root) ? undefined : placeOf(container, cls);
  const used = isRoot(container, root) || global.service.global === true ? global : own;
  // For a class that is created anew each time, the value stays a symbol.
  if (used === undefined || (typeof used.service.value !== 'symbol' && used.service.value !== value)) return;
  const ofContainer = places.get(container) ?? new WeakMap<Constructor<unknown>, Places>();
  places.set(container, ofContainer.set(cls, { global, own }));
}

function isRoot(container: ContainerLike, root: ContainerLike): boolean {
  return container === typeDi?.Container || container === root;
}

function placeOf(container: ContainerLike, cls: Constructor<unknown>): Place | undefined {
  const services = servicesOf(container);
  if (!Array.isArray(services) || types.isProxy(services)) return undefined;
  const list = services as readonly Service[];
  const index = list.findIndex(({ id }) => id === cls);
  const service = list[index];
  return service === undefined ? undefined : { services: list, index, service };
}

function stands(place: Place, container: ContainerLike, cls: Constructor<unknown>): boolean {
  const { services, index, service } = place;
  return servicesOf(container) === services && services[index] === service && service.id === cls;
}

function servicesOf(container: unknown): unknown {
  return (container as { readonly services?: unknown }).services;
}

/** The methods that TypeDI calls to find a class. An app or its instrumentation may replace them. */
interface Methods {
  readonly of?: unknown;
  readonly has: unknown;
  readonly get: unknown;
  readonly findService?: unknown;
  readonly getServiceValue?: unknown;
}

const STATIC = methodsOf(typeDi?.Container);
const OWN = methodsOf(typeDi?.ContainerInstance.prototype);

function methodsOf(container: object | undefined): Methods {
  const { of, has, get, findService, getServiceValue } = (container ?? {}) as Methods;
  return { of, has, get, findService, getServiceValue };
}

function isUntouched(container: ContainerLike): boolean {
  if (typeDi === undefined) return false;
  const { of, has, get } = typeDi.Container as unknown as Methods;
  if (of !== STATIC.of || has !== STATIC.has || get !== STATIC.get) return false;
  const root = typeDi.Container.of();
  return hasOwnMethods(root) && (isRoot(container, root) || hasOwnMethods(container));
}

/** False for a subclass that finds or creates services in another way. */
function hasOwnMethods(container: unknown): boolean {
  const { has, get, findService, getServiceValue } = container as Methods;
  return (
    has === OWN.has &&
    get === OWN.get &&
    findService === OWN.findService &&
    getServiceValue === OWN.getServiceValue
  );
}
