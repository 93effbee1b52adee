/**
 * Restores the decorators that shape the reply of an inherited action: headers, status codes and the like.
 *
 * routing-controllers looks them up by the controller class itself, so a base's `@Header` would silently be lost. As
 * with guards, a decorator on an override replaces that of the overridden method if both are of one kind; otherwise
 * that of the overridden method counts.
 */
import { type ActionMetadata, ResponseHandlerMetadata } from 'routing-controllers';
import { HostDeclarations } from './declared';
import { classChain } from '../../util/class-chain';

export type HandlerArgs = ReturnType<HostDeclarations['replies']['onClass']>[number];

/** The `@Header`, `@HttpCode` and similar decorators of an action, including those of the methods that it overrides. */
export function repliesOf(action: ActionMetadata, declarations = new HostDeclarations()): HandlerArgs[] {
  const decided = new Set<string>();
  const handlers: HandlerArgs[] = [];
  for (const cls of classChain(action.controllerMetadata.target)) {
    const own = declarations.replies.onMethod(cls, action.method);
    handlers.push(...own.filter((handler) => !decided.has(kindOf(handler))));
    for (const handler of own) for (const kind of decidedBy(handler)) decided.add(kind);
  }
  return handlers;
}

/** Adds to an action the `@Header`, `@HttpCode` and similar decorators of the methods that it overrides. */
export function restoreReply(action: ActionMetadata, declarations = new HostDeclarations()): void {
  const { target } = action.controllerMetadata;
  const handlers = repliesOf(action, declarations);
  if (handlers.every((handler) => handler.target === target)) return;
  action.build(handlers.map((handler) => new ResponseHandlerMetadata(handler)));
}

/** The kind of a handler. Each header is a kind of its own, whichever decorator sets it. */
function kindOf({ type, value }: HandlerArgs): string {
  switch (type) {
    case 'header':
      return `header ${String(value).toLowerCase()}`;
    case 'content-type':
      return 'header content-type';
    case 'location':
      return 'header location';
    case 'rendered-template':
    case 'redirect':
      return 'body';
    default:
      return type;
  }
}

/** A redirect has a status of its own, which that of an overridden method would replace. */
function decidedBy(handler: HandlerArgs): string[] {
  return handler.type === 'redirect' ? [kindOf(handler), 'success-code'] : [kindOf(handler)];
}
