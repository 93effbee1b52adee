import type { StateStoreInterface } from '../state/state-store';
import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, kind, oneOf, optional, wholeNumber, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions, type Values } from '../util/parse-options';
import { isKeyPrefix } from './key-form';

/** The options of `ApiKeys`. */
export interface ApiKeysOptions {
  /** The store of the keys. */
  state: StateStoreInterface;
  /**
   * The prefix of the keys, for example `notes`: scanners for leaked secrets look for it. 2 to 16 characters of
   * `a-z0-9`, a letter first.
   */
  prefix: string;
  /** How many days a key lives that is created without `days`. @default 90, or `maxDays` if that is less */
  defaultDays?: number;
  /** How long a key may live, 1 to 400 days. @default 366 */
  maxDays?: number;
  /** How many keys a user may have, 1 to 1000. @default 50 */
  maxPerUser?: number;
  /**
   * With `'end'`, a key ends when the password of its user is changed, as the user's tokens do. This requires that the
   * user has `tokensValidFrom`.
   * @default 'keep'
   */
  whenPasswordChanges?: 'keep' | 'end';
  /**
   * How long a valid key is cached, in milliseconds from 0 to 10000. A revoked key stays valid for this time in other
   * processes.
   * @default 0
   */
  cacheMs?: number;
  /** @default the clock of the app */
  clock?: Clock;
}

const DEFAULT_DAYS = 90;

const OPTIONS = {
  state: withMethods<StateStoreInterface>('get', 'set', 'delete', 'list'),
  prefix: kind<string>('must be 2 to 16 of a-z and 0-9, a letter first', isKeyPrefix),
  defaultDays: optional(wholeNumber({ min: 1, max: 400 })),
  maxDays: optional(wholeNumber({ min: 1, max: 400 }), 366),
  maxPerUser: optional(wholeNumber({ min: 1, max: 1000 }), 50),
  whenPasswordChanges: optional(oneOf('keep', 'end'), 'keep'),
  cacheMs: optional(wholeNumber({ min: 0, max: 10_000 }), 0),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof ApiKeysOptions, Kind<unknown>>;

export type ApiKeysSettings = Values<typeof OPTIONS> & { readonly defaultDays: number };

/** @throws ConfigurationError that names each invalid option */
export function checkApiKeysOptions(component: string, options: unknown): ApiKeysSettings {
  const settings = parseOptions(component, options, OPTIONS);
  const { maxDays } = settings;
  const { defaultDays = Math.min(DEFAULT_DAYS, maxDays) } = settings;
  if (defaultDays > maxDays) {
    throw new ConfigurationError(`${component}: defaultDays must not be more than maxDays`);
  }
  return { ...settings, defaultDays };
}
