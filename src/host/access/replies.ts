/**
 * Restores what shapes the reply of an inherited action: interceptors, headers, status codes and the like.
 *
 * The host looks them up by the controller class itself, so a base's interceptor that masks a field would
 * silently not run. As guards do, a decorator on an override replaces the overridden method's of its kind, and
 * without one that counts; what stands on base classes counts too.
 */
import { type ActionMetadata, ResponseHandlerMetadata } from 'routing-controllers';
import { HostDeclarations } from './declared';
import { classChain } from '../../util/class-chain';

export type HandlerArgs = ReturnType<HostDeclarations['replies']['onClass']>[number];

/** The `@Header`, `@HttpCode` and other such decorators of an action, those of the methods that it overrides too. */
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

/** Gives an action the `@Header`, `@HttpCode` and other such decorators of the methods that it overrides. */
export function restoreReply(action: ActionMetadata, declarations = new HostDeclarations()): void {
  const { target } = action.controllerMetadata;
  const handlers = repliesOf(action, declarations);
  if (handlers.every((handler) => handler.target === target)) return;
  action.build(handlers.map((handler) => new ResponseHandlerMetadata(handler)));
}

/** What a handler is about. Each header is of its own kind, whichever decorator sets it. */
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

/** A redirect brings its own status: an overridden method's would take it away. */
function decidedBy(handler: HandlerArgs): string[] {
  return handler.type === 'redirect' ? [kindOf(handler), 'success-code'] : [kindOf(handler)];
}
