import { IncomingMessage } from 'node:http';
import type { Apps } from './apps';
import type { SecurityRequest } from './request';

/** The request of an action that runs now: as providers see it, or as `@Req()` and `@Ctx()` inject it. */
export type RequestLike = SecurityRequest | IncomingMessage | { req: IncomingMessage };

/**
 * @param call the function that was given the request, for messages
 * @throws TypeError if the value is not the request of an action of the app
 */
export function requestOf(apps: Apps, call: string, request: RequestLike): SecurityRequest {
  if (isSecurityRequest(request)) return request;
  const raw: unknown =
    request instanceof IncomingMessage ? request : (Object(request) as { req?: unknown }).req;
  apps.need(call);
  const found = raw instanceof IncomingMessage ? apps.requestOf(raw) : undefined;
  if (found !== undefined) return found;
  throw new TypeError(
    `${apps.service}.${call}() takes the request of an action that runs now: what @Req() or @Ctx() injects`,
  );
}

function isSecurityRequest(request: unknown): request is SecurityRequest {
  const { action, cookie } = Object(request) as Partial<Record<keyof SecurityRequest, unknown>>;
  return typeof action === 'object' && typeof cookie === 'function';
}
