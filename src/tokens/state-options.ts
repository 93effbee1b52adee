import { ConfigurationError } from '../errors';
import type { RevocationLogInterface } from '../state/revocation-log';
import type { StateStoreInterface } from '../state/state-store';
import { type Kind, parseOptions, type Values } from '../util/parse-options';
import { REVOCATION_OPTIONS, type RevocationSettings } from './revocation/revocation-options';
import {
  REFRESH_OPTIONS,
  type RefreshSettings,
  refreshSettings,
  type RefreshValues,
} from './refresh-options';

/** The settings of the functions that need a state store: refresh tokens and revocation. */
export interface StateSettings {
  readonly state: StateStoreInterface;
  readonly isRefreshOn: boolean;
  readonly refresh: RefreshSettings;
  /** Undefined if revocation is off. */
  readonly revocation: (RevocationSettings & { readonly log: RevocationLogInterface }) | undefined;
}

interface TokenTimes {
  readonly ttlSeconds: number;
  readonly clockToleranceSeconds: number;
}

/** For an app that does not set the option. */
const DEFAULT_REFRESH = parseOptions('TokenService', {}, REFRESH_OPTIONS);
const DEFAULT_REVOCATION = parseOptions('TokenService', {}, REVOCATION_OPTIONS);

type RevocationValues = Values<typeof REVOCATION_OPTIONS>;

/** For an option that accepts false. */
export function orFalse<T>(of: Kind<T>): Kind<T | false | undefined> {
  return (value, name, report) => (value === false || value === undefined ? value : of(value, name, report));
}

/**
 * Undefined without a state store.
 * @throws ConfigurationError when options do not fit together
 */
export function statefulOf(
  state: StateStoreInterface | undefined,
  refresh: RefreshValues | false | undefined,
  revocation: RevocationValues | false | undefined,
  times: TokenTimes,
): StateSettings | undefined {
  if (state === undefined) {
    const isOn = [refresh, revocation].some((option) => option !== undefined && option !== false);
    if (!isOn) return undefined;
    throw new ConfigurationError('TokenService: refresh and revocation need `state`, where they are kept');
  }
  const log = revocation === false ? undefined : logOf(state, revocation, times);
  return {
    state,
    isRefreshOn: refresh !== false,
    // Also with `refresh: false`: families that were started earlier can still be ended.
    refresh: refreshSettings(refresh === undefined || refresh === false ? DEFAULT_REFRESH : refresh),
    revocation: log && { ...DEFAULT_REVOCATION, ...(revocation === false ? undefined : revocation), log },
  };
}

function logOf(
  state: StateStoreInterface,
  revocation: RevocationValues | undefined,
  { ttlSeconds, clockToleranceSeconds }: TokenTimes,
): RevocationLogInterface {
  const log = revocation?.log ?? state.revocationLog;
  if (log === undefined) {
    throw new ConfigurationError(
      'TokenService: the state store has no revocationLog: set `revocation.log`, or `revocation: false`, with which an ' +
        'access token outlives its ended family until it expires',
    );
  }
  const least = ttlSeconds + clockToleranceSeconds;
  if (log.keepSeconds !== undefined && !(log.keepSeconds >= least)) {
    throw new ConfigurationError(
      `TokenService: the revocation log must keep its entries for ${String(least)} seconds at least (keepSeconds), ` +
        'as long as an access token is accepted',
    );
  }
  return log;
}
