/**
 * The list of decorated classes of this process.
 *
 * Decorators only write down the class here and make it known to TypeDI; nothing is created until an app
 * starts. The list outlives `Container.reset()`, and classes are resolved one by one, so that
 * `Container.set(Class, fake)` is honoured.
 */
import { Container } from 'typedi';
import type { AuthProviderInterface } from '../core/auth-provider';
import type { UserstoreInterface } from '../core/userstore';
import type { Constructor } from './constructor';

/** A decorated class and the order that its decorator gave. */
export interface Registration<T> {
  readonly cls: Constructor<T>;
  readonly order: number;
}

const userstores: Registration<UserstoreInterface>[] = [];
const providers: Registration<AuthProviderInterface>[] = [];

export function registerUserstore(cls: Constructor<UserstoreInterface>, order: number): void {
  userstores.push({ cls, order });
  registerService(cls);
}

export function registerProvider(cls: Constructor<AuthProviderInterface>, order: number): void {
  providers.push({ cls, order });
  registerService(cls);
}

/** All decorated userstores, in the order in which they are asked. */
export function decoratedUserstores(): Registration<UserstoreInterface>[] {
  return userstores.toSorted((a, b) => a.order - b.order);
}

/** All decorated providers, in the order in which they are asked. */
export function decoratedProviders(): Registration<AuthProviderInterface>[] {
  return providers.toSorted((a, b) => a.order - b.order);
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
  userstores.length = 0;
  providers.length = 0;
  stepIn = undefined;
}

/** Makes a class known to TypeDI as a singleton, unless `@Service()` or `Container.set` already did. */
export function registerService(cls: Constructor<unknown>): void {
  if (!Container.has(cls)) Container.set({ id: cls, type: cls });
}
