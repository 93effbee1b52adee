import { timingSafeEqual } from 'node:crypto';
import type UnixCrypt from 'unix-crypt-td-js';
import { lazy } from '../../util/lazy';
import { NO_WORK } from '../work/work';
import type { Scheme } from './scheme';

const unixCrypt = lazy(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- hardly any app has such hashes, and threads verify them
  () => require('unix-crypt-td-js') as typeof UnixCrypt,
);

/** The old crypt(3), 13 characters. It uses seven bits of each of the first eight bytes. */
export const desCrypt: Scheme = {
  name: 'des-crypt',
  optIn: 'des-crypt',
  recognises: (hash) => /^[./0-9A-Za-z]{13}$/.test(hash),
  // The last digit has two bits that are never set.
  workOf: (hash) => (/^[./0-9A-Za-z]{12}[.26AEIMQUYcgkosw]$/.test(hash) ? NO_WORK : undefined),
  verify(password, hash) {
    const made = Buffer.from(unixCrypt()([...Buffer.from(password).subarray(0, 8)], hash.slice(0, 2)));
    const stored = Buffer.from(hash);
    return made.length === stored.length && timingSafeEqual(made, stored);
  },
};
