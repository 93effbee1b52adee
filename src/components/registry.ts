/**
 * The list of decorated classes of this process.
 *
 * Decorators only write down the class here and make it known to TypeDI; nothing is created until an app
 * starts. The list outlives `Container.reset()`, and classes are resolved one by one, so that
 * `Container.set(Class, fake)` is honoured.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import type { AuthorizationProviderInterface } from '../core/authorization-provider';
import type { RoleLoaderInterface } from '../core/role-loader';
import type { UserstoreInterface } from '../core/userstore';
import type { Constructor } from './constructor';
import { registerService } from './typedi';

/** A decorated class and the order that its decorator gave. */
export interface Registration<T> {
  readonly cls: Constructor<T>;
  readonly order: number;
}

/** What each decorator makes of a class. */
export interface Kinds {
  userstores: UserstoreInterface;
  providers: AuthProviderInterface;
  authorizationProviders: AuthorizationProviderInterface;
  roleLoaders: RoleLoaderInterface;
}

const registrations: { [K in keyof Kinds]: Registration<Kinds[K]>[] } = {
  userstores: [],
  providers: [],
  authorizationProviders: [],
  roleLoaders: [],
};

export function register<K extends keyof Kinds>(kind: K, cls: Constructor<Kinds[K]>, order: number): void {
  registrations[kind].push({ cls, order });
  registerService(cls);
}

/** All decorated classes of a kind, in the order in which they are asked. */
export function decorated<K extends keyof Kinds>(kind: K): Registration<Kinds[K]>[] {
  return registrations[kind].toSorted((a, b) => a.order - b.order);
}

let stepIn: AuthProviderInterface | undefined;

/** A provider that is asked before all others, in every app of the process: the test kit's. */
export function setStepInProvider(provider: AuthProviderInterface): void {
  stepIn = provider;
}

export function stepInProvider(): AuthProviderInterface | undefined {
  return stepIn;
}

/** Forgets every decorated class, so that tests do not see each other's. */
export function resetRegistry(): void {
  for (const list of Object.values(registrations)) list.length = 0;
  stepIn = undefined;
}
