/**
 * The list of decorated classes of this process.
 *
 * Decorators only record the class here and register it with TypeDI; no instance is created until an app starts. The
 * list survives `Container.reset()`. Classes are resolved one by one, so that `Container.set(Class, fake)` takes
 * effect.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import type { AuthorizationProviderInterface } from '../core/authorization-provider';
import type { RoleLoaderInterface } from '../core/role-loader';
import type { UserstoreInterface } from '../core/userstore';
import type { Constructor } from './constructor';
import { registerService } from './typedi';

/** A decorated class and the order given to its decorator. */
export interface Registration<T> {
  readonly cls: Constructor<T>;
  readonly order: number;
}

/** The interface that each kind of class implements. */
export interface Kinds {
  userstores: UserstoreInterface;
  providers: AuthProviderInterface;
  authorizationProviders: AuthorizationProviderInterface;
  roleLoaders: RoleLoaderInterface;
}

type Registrations = { [K in keyof Kinds]: Registration<Kinds[K]>[] };

const registrations: Registrations = {
  userstores: [],
  providers: [],
  authorizationProviders: [],
  roleLoaders: [],
};

/**
 * Shared with other copies of securest: the list of each copy, by the path of this file. A copy that is loaded a second
 * time replaces its list, as the app decorates its classes a second time.
 */
const SHARED = Symbol.for('securest.decorated');
const copies = ((globalThis as { [SHARED]?: Map<string, Partial<Registrations>> | undefined })[SHARED] ??=
  new Map<string, Partial<Registrations>>());
copies.set(typeof __filename === 'string' ? __filename : '', registrations);

let deciding = 0;

/** How often a class has been decorated that may deny a request, or that loads the role that denies it. */
export function decidingDecorations(): number {
  return deciding;
}

export function register<K extends keyof Kinds>(kind: K, cls: Constructor<Kinds[K]>, order: number): void {
  registrations[kind].push({ cls, order });
  if (kind === 'authorizationProviders' || kind === 'roleLoaders') deciding += 1;
  registerService(cls);
}

/** All decorated classes of a kind, in the order in which they are asked. */
export function decorated<K extends keyof Kinds>(kind: K): Registration<Kinds[K]>[] {
  return registrations[kind].toSorted((a, b) => a.order - b.order);
}

/** The classes of a kind that only other copies of securest know: no app of this copy asks them. */
export function decoratedElsewhere<K extends keyof Kinds>(kind: K): Constructor<Kinds[K]>[] {
  const own = registrations[kind].map(({ cls }) => cls);
  const others = [...copies.values()].filter((list) => list !== registrations);
  return others
    .flatMap((list) => (list[kind] ?? []).map(({ cls }) => cls))
    .filter((cls) => !own.includes(cls));
}

let stepIn: AuthProviderInterface | undefined;

/** Sets a provider that is asked before all others, in every app of the process: that of the test kit. */
export function setStepInProvider(provider: AuthProviderInterface): void {
  stepIn = provider;
}

export function stepInProvider(): AuthProviderInterface | undefined {
  return stepIn;
}

/** Removes every decorated class, so that tests do not influence each other. */
export function resetRegistry(): void {
  for (const list of Object.values(registrations)) list.length = 0;
  stepIn = undefined;
}
