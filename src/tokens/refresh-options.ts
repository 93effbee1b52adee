import type { SecurityRequest } from '../core/request';
import { callable, optional, wholeNumber } from '../util/option-kinds';
import type { Kind, Values } from '../util/parse-options';

/** How refresh tokens live. */
export interface RefreshOptions {
  /** A family of refresh tokens ends when it has not been used for so many days, 1 to 400. @default 14 */
  idleDays?: number | undefined;
  /** How many days after the login it ends at the latest, 1 to 400. @default 90 */
  maxDays?: number | undefined;
  /**
   * The same for users of a store without `tokensValidFrom`, where a password that was changed never shows: 1 to 400.
   * @default 1
   */
  maxDaysWithoutStamp?: number | undefined;
  /**
   * For how many seconds the token that was exchanged last may be repeated, for a client that never got the reply: 0 to
   * 60. A repeat gets the same successor.
   * @default 10
   */
  graceSeconds?: number | undefined;
  /** How many families a user may have, 1 to 10000: one more ends the one that was used longest ago. @default 100 */
  maxPerUser?: number | undefined;
  /**
   * Binds a family to what it returns at the login, for example an id of the device: a refresh for which it returns
   * another value ends the family. Undefined at the login binds to nothing. Not the `User-Agent`: it changes with each
   * update of a browser.
   * @default no binding
   */
  client?: ((request: SecurityRequest) => string | undefined) | undefined;
}

/** With their defaults, in milliseconds. */
export interface RefreshSettings {
  readonly idleMs: number;
  readonly maxMs: number;
  readonly maxMsWithoutStamp: number;
  readonly graceMs: number;
  readonly maxPerUser: number;
  readonly client: ((request: SecurityRequest) => string | undefined) | undefined;
}

const DAY_MS = 86_400_000;

/** No state store keeps an entry for longer. */
const days = wholeNumber({ min: 1, max: 400 });

/** The options of an object of options, for `objectOf`. */
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
