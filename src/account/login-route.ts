/** The routes of logins, each answered by a {@link LoginFlow}: passwords, one-time codes, passkeys and providers. */
import type { OwnReply } from '../http/own-reply';
import { type FlowOptions, LoginFlow } from './login-flow';
import type { OwnRoute } from './own-table';

export interface LoginRoute extends Omit<OwnRoute, 'reply'> {
  /**
   * False for a route without the cross-site check: it changes nothing, or is called from another site by its nature.
   * @default true for all but GET
   */
  readonly isChecked?: boolean;
  readonly run: (flow: LoginFlow) => Promise<OwnReply>;
}

/** The routes of a table, by the name of their actions. */
export function loginRoutes(
  options: FlowOptions,
  routes: Readonly<Record<string, LoginRoute>>,
): Readonly<Record<string, OwnRoute>> {
  return Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, ownRoute(route, options)]));
}

function ownRoute(
  { verb, path, isPublic, isChecked = verb !== 'get', run }: LoginRoute,
  options: FlowOptions,
): OwnRoute {
  return {
    verb,
    path,
    isPublic,
    reply: (answers, action, params) => {
      const flow = new LoginFlow(answers, action, params, options);
      return isChecked ? flow.run(() => run(flow)) : flow.read(() => run(flow));
    },
  };
}
