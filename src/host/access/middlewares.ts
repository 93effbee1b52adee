import { type ActionMetadata, UseMetadata } from 'routing-controllers';
import { HostDeclarations } from './declared';
import { classChain } from '../../util/class-chain';

/**
 * Adds an action's own `@UseBefore` and `@UseAfter` that routing-controllers does not find.
 * @returns the middlewares of base classes, which stay lost, in words
 */
export function restoreMiddlewares(action: ActionMetadata, declared = new HostDeclarations()): string[] {
  const [own, ...bases] = classChain(action.controllerMetadata.target);
  if (own === undefined) return [];
  const { actions, uses } = declared;
  const usesOn = (cls: typeof own) => uses.onMethod(cls, action.method);
  const missed = usesOn(own).filter(({ target }) => (target as object) !== own);
  action.uses.push(...missed.map((use) => new UseMetadata(use)));
  const isRedeclared = actions.onMethod(own, action.method).length > 0;
  return bases.flatMap((base) =>
    [...uses.onClass(base), ...(isRedeclared ? [] : usesOn(base))].map(
      (use) => `@Use${use.afterAction ? 'After' : 'Before'}(${use.middleware.name}) of ${base.name}`,
    ),
  );
}
