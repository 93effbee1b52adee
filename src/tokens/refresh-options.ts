import type { SecurityRequest } from '../core/request';
import { callable, optional, wholeNumber } from '../util/option-kinds';
import type { Kind, Values } from '../util/parse-options';

/** The lifetime, limits and binding of refresh tokens. */
export interface RefreshOptions {
  /** After how many days without use a family of refresh tokens ends, 1 to 400. @default 14 */
  idleDays?: number | undefined;
  /** After how many days since the login a family ends at the latest, 1 to 400. @default 90 */
  maxDays?: number | undefined;
  /**
   * The same for users of a store without `tokensValidFrom`, in which a changed password does not show: 1 to 400.
   * @default 1
   */
  maxDaysWithoutStamp?: number | undefined;
  /**
   * For how many seconds the token that was exchanged last may be sent again, for a client that never received the
   * response: 0 to 60. A repeated token gets the same successor.
   * 60. A repeat gets the same successor.
   * @default 10
   */
  graceSeconds?: number | undefined;
  /**
   * How many families a user may have, 1 to 10000: a further family ends the least recently used family.
   * @default 100
   */
  maxPerUser?: number | undefined;
  /**
   * Binds a family to the value that this function returns at the login, for example the id of a device. If it returns
   * another value at a refresh, the family ends. If it returns undefined at the login, the family is not bound. Do not
   * use the `User-Agent`: it changes with each update of a browser.
   * @default no binding
   */
  client?: ((request: SecurityRequest) => string | undefined) | undefined;
}

/** The options with their defaults, in milliseconds. */
export interface RefreshSettings {
  readonly idleMs: number;
  readonly maxMs: number;
  readonly maxMsWithoutStamp: number;
  readonly graceMs: number;
  readonly maxPerUser: number;
  readonly client: ((request: SecurityRequest) => string | undefined) | undefined;
}

const DAY_MS = 86_400_000;

/** State stores keep no entry for longer. */
const days = wholeNumber({ min: 1, max: 400 });

/** The shape of the option `refresh`, for `objectOf`. */
export const REFRESH_OPTIONS = {
  idleDays: optional(days, 14),
  maxDays: optional(days, 90),
  maxDaysWithoutStamp: optional(days, 1),
  graceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 10),
  maxPerUser: optional(wholeNumber({ min: 1, max: 10_000 }), 100),
  client: optional(callable<NonNullable<RefreshOptions['client']>>()),
} satisfies Record<keyof RefreshOptions, Kind<unknown>>;

export type RefreshValues = Values<typeof REFRESH_OPTIONS>;

export function refreshSettings(options: RefreshValues): RefreshSettings {
  const { idleDays, maxDays, maxDaysWithoutStamp, graceSeconds, maxPerUser, client } = options;
  return {
    idleMs: idleDays * DAY_MS,
    maxMs: maxDays * DAY_MS,
    maxMsWithoutStamp: Math.min(maxDays, maxDaysWithoutStamp) * DAY_MS,
    graceMs: graceSeconds * 1000,
    maxPerUser,
    client,
  };
}
