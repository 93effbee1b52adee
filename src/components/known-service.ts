/**
 * Finds a class in TypeDI without looking through all of its services, which is what TypeDI does two or three times for
 * each class that it is asked for.
 *
 * The record of a class is remembered with its place, and used only while it can be seen at a glance that TypeDI would
 * find the very same one: the container still has the same list, the record stands where it stood, and no method that
 * takes part has been replaced. Values are never remembered, so what is set, removed or reset counts at once. A new
 * record is only ever put at the end of a list, so none can come to stand before one that is known.
 */
import { types } from 'node:util';
import type { Constructor, ContainerLike } from './constructor';
import { typeDi } from './typedi';

/** What TypeDI knows of a class. */
export interface Service {
  readonly id: unknown;
  readonly type: unknown;
  readonly factory: unknown;
  /** A symbol stands for a value that is still to be created. */
  readonly value: unknown;
  /** True where every container uses the instance of the global one. */
  readonly global: unknown;
}

/** Where a container has the first record of a class. */
interface Place {
  readonly services: readonly Service[];
  readonly index: number;
  readonly service: Service;
}

interface Places {
  readonly global: Place;
  /** Undefined for the global container, and where another one has no record of its own. */
  readonly own: Place | undefined;
}

const places = new WeakMap<ContainerLike, WeakMap<Constructor<unknown>, Places>>();

/** True for TypeDI's own containers. */
export function isTypeDi(container: ContainerLike): boolean {
  return (
    typeDi !== undefined && (container === typeDi.Container || container instanceof typeDi.ContainerInstance)
  );
}

/** The record that TypeDI would use for a class; undefined where that cannot be seen at a glance. */
export function knownService(container: ContainerLike, cls: Constructor<unknown>): Service | undefined {
  const known = places.get(container)?.get(cls);
  if (known === undefined || !isUntouched(container)) return undefined;
  const root = typeDi?.Container.of();
  if (root === undefined || !stands(known.global, root, cls)) return undefined;
  if (isRoot(container, root) || known.global.service.global === true) return known.global.service;
  return known.own !== undefined && stands(known.own, container, cls) ? known.own.service : undefined;
}

/** The record that TypeDI would use for a class, looked up as TypeDI does. */
export function findService(container: ContainerLike, cls: Constructor<unknown>): Service | undefined {
  const root = typeDi?.Container.of();
  if (root === undefined) return undefined;
  const global = placeOf(root, cls)?.service;
  if (isRoot(container, root) || global?.global === true) return global;
  return placeOf(container, cls)?.service ?? global;
}

/**
 * Remembers where TypeDI has just found a class.
 * @param value what it gave
 */
export function rememberService(container: ContainerLike, cls: Constructor<unknown>, value: unknown): void {
  const root = typeDi?.Container.of();
  if (root === undefined || knownService(container, cls) !== undefined) return;
  const global = placeOf(root, cls);
  if (global === undefined || types.isProxy(container)) return;
  const own = isRoot(container, root) ? undefined : placeOf(container, cls);
  const used = isRoot(container, root) || global.service.global === true ? global : own;
  // The value of a class that is made anew each time stays a symbol.
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

/** What TypeDI calls to find a class. An app, or what instruments it, may put something else in its place. */
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

/** False for a subclass that finds or makes services in another way. */
function hasOwnMethods(container: unknown): boolean {
  const { has, get, findService, getServiceValue } = container as Methods;
  return (
    has === OWN.has &&
    get === OWN.get &&
    findService === OWN.findService &&
    getServiceValue === OWN.getServiceValue
  );
}
