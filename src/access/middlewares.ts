import { type ActionMetadata, getMetadataArgsStorage, UseMetadata } from 'routing-controllers';
import { isOnClass, isOnMethod } from './declared';
import { classChain } from './guards';

/**
 * Gives an action its own `@UseBefore` and `@UseAfter` that the host does not find.
 * @returns those of base classes, which stay lost, in words
 */
export function restoreMiddlewares(action: ActionMetadata): string[] {
  const [own, ...bases] = classChain(action.controllerMetadata.target);
  if (own === undefined) return [];
  const { actions, uses } = getMetadataArgsStorage();
  const usesOn = (cls: typeof own) => uses.filter((use) => isOnMethod(use, cls, action.method));
  const missed = usesOn(own).filter(({ target }) => (target as object) !== own);
  action.uses.push(...missed.map((use) => new UseMetadata(use)));
  const isRedeclared = actions.some((declared) => isOnMethod(declared, own, action.method));
  return bases.flatMap((base) =>
    [...uses.filter((use) => isOnClass(use, base)), ...(isRedeclared ? [] : usesOn(base))].map(
      (use) => `@Use${use.afterAction ? 'After' : 'Before'}(${use.middleware.name}) of ${base.name}`,
    ),
  );
}
