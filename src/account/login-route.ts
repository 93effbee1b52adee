import type { OwnReply } from '../http/own-reply';
import { kind } from '../util/option-kinds';
import type { LoginFlow } from './login-flow';

/** A route of a login controller, answered with a {@link LoginFlow}. */
export interface LoginRoute {
  readonly verb: 'get' | 'post' | 'delete';
  /** Under the controller's path. */
  readonly path: string;
  /** True if anybody may call it; otherwise only authenticated users. */
  readonly isPublic?: boolean;
  /**
   * False for a route without the cross-site check: it changes nothing, or is called from another site by its nature.
   * @default true for all but GET
   */
  readonly isChecked?: boolean;
  readonly run: (flow: LoginFlow) => Promise<OwnReply>;
}

/** The path of a login controller. */
export const CONTROLLER_PATH = kind<string>(
  'must begin with a slash, such as /session',
  (value) => typeof value === 'string' && /^(?:\/[^\s?#/:*()]+)+$/.test(value),
);
