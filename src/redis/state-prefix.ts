import { kind, optional } from '../util/option-kinds';

/** Before all keys. Without braces, which tell a cluster what to keep together. */
export const prefixOption = optional(
  kind<string>(
    'must be 1 to 64 printable ASCII characters without spaces and braces',
    (value) => typeof value === 'string' && /^[!-z|~]{1,64}$/.test(value),
  ),
  'securest',
);
