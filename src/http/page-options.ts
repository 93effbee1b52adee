/** Option kinds for pages of the app. */
import { kind } from '../util/option-kinds';
import { returnPath } from './return-path';

export const PAGE = kind<string>(
  'must be a path of this app, such as /welcome',
  (value) => returnPath(value) !== undefined,
);

/** Without a query, because the library adds its own. */
export const LOGIN_PAGE = kind<string>(
  'must be a path of this app without a query, such as /login',
  (value) => {
    const path = returnPath(value);
    return path !== undefined && !/[?#]/.test(path);
  },
);
