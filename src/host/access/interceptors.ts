/**
 * Runs the `@UseInterceptor` of base classes, which routing-controllers loses.
 *
 * routing-controllers prepares an action's interceptors before the action can be changed. So while a server is built,
 * an interceptor of ours stands in front of those of each controller that inherits some. It runs the interceptors that
 * the current action inherits, at their place on the base: behind the global ones and before those of the subclass.
 */
import {
  type Action,
  type ActionMetadata,
  getFromContainer,
  getMetadataArgsStorage,
} from 'routing-controllers';
import { ConfigurationError } from '../../errors';
import { HostDeclarations } from './declared';
import { classChain } from '../../util/class-chain';

type Intercept = (action: Action, result: unknown) => unknown;
type InterceptorArgs = ReturnType<typeof getMetadataArgsStorage>['useInterceptors'][number];

/** The interceptors that the current action inherits. */
const inherited = new WeakMap<Action, readonly Intercept[]>();

const runInherited: Intercept = (action, result) => {
  const intercepts = inherited.get(action);
  // Only once per action, even if our interceptor is registered several times.
  inherited.delete(action);
  return intercepts === undefined ? result : runInOrder(intercepts, action, result);
};

async function runInOrder(
  intercepts: readonly Intercept[],
  action: Action,
  given: unknown,
): Promise<unknown> {
  let result = given;
  for (const intercept of intercepts) result = await intercept(action, result);
  return result;
}

/**
 * Makes servers run inherited interceptors if they are built before the returned function is called. Other servers are
 * not affected.
 * @returns a function to call once the server's metadata has been built
 */
export function hookInterceptors(): () => void {
  const storage = getMetadataArgsStorage();
  const used = new Set<unknown>(storage.useInterceptors.map(({ target }) => target));
  const hooks = storage.controllers
    .map(({ target }) => target)
    .filter((target) => classChain(target).some((cls) => used.has(cls) || used.has(cls.prototype)))
    .map((target): InterceptorArgs => ({ target, interceptor: runInherited }));
  storage.useInterceptors.unshift(...hooks);
  const ours = new Set(hooks);
  return () => {
    storage.useInterceptors = storage.useInterceptors.filter((use) => !ours.has(use));
  };
}

/**
 * Lets an action's inherited interceptors run after it.
 * @returns the interceptors that stay lost, in words, because the hook was not in place when the server was built
 * @throws ConfigurationError for an interceptor that is neither a class nor a function
 */
export function restoreInterceptors(action: ActionMetadata, declared = new HostDeclarations()): string[] {
  const uses = inheritedInterceptors(action, declared);
  if (uses.length === 0) return [];
  const intercepts = uses.map(toIntercept);
  if (action.controllerMetadata.interceptors[0]?.interceptor !== runInherited) {
    return uses.map((use) => `@UseInterceptor(${use.interceptor.name}) of ${declarerOf(use)}`);
  }
  const callMethod = action.callMethod.bind(action);
  action.callMethod = (params, request) => {
    inherited.set(request, intercepts);
    return callMethod(params, request) as unknown;
  };
  return [];
}

/**
 * In the order of the base classes, the topmost first. An interceptor of the class itself does not run again for a
 * base.
 */
function inheritedInterceptors(action: ActionMetadata, declared: HostDeclarations): InterceptorArgs[] {
  const { interceptors, target } = action.controllerMetadata;
  const chain = classChain(target);
  const methodUses = (cls: (typeof chain)[number]) => declared.interceptors.onMethod(cls, action.method);
  const nearest = chain.find((cls) => methodUses(cls).length > 0);
  const run = new Set<unknown>([
    runInherited,
    ...[...interceptors, ...action.interceptors].map((use) => use.interceptor),
  ]);
  let inOrder: InterceptorArgs[] = [];
  for (const cls of chain) {
    const uses = [...declared.interceptors.onClass(cls), ...(cls === nearest ? methodUses(cls) : [])].filter(
      ({ interceptor }) => !run.has(interceptor),
    );
    for (const { interceptor } of uses) run.add(interceptor);
    inOrder = [...uses, ...inOrder];
  }
  return inOrder;
}

/** As routing-controllers calls them: a class by its instance from the container, any other function directly. */
function toIntercept(use: InterceptorArgs): Intercept {
  const interceptor: unknown = use.interceptor;
  if (typeof interceptor !== 'function') {
    throw new ConfigurationError(
      `@UseInterceptor of ${declarerOf(use)} names ${String(interceptor)}: do its modules import each other?`,
    );
  }
  const { prototype } = interceptor as { prototype?: { intercept?: unknown } };
  if (!prototype?.intercept) return interceptor as unknown as Intercept;
  return (action, result) =>
    getFromContainer<{ intercept: Intercept }>(interceptor, action).intercept(action, result);
}

/** The name of the class, also if the decorator mistook a method for a class. */
function declarerOf({ target }: { readonly target: object }): string {
  return typeof target === 'function' ? target.name : target.constructor.name;
}
