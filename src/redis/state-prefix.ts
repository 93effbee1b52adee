import { kind, optional } from '../util/option-kinds';

/** The prefix of all keys. It has no braces, since they decide which keys a cluster keeps together. */
export const prefixOption = optional(
  kind<string>(
    'must be 1 to 64 printable ASCII characters without spaces and braces',
    (value) => typeof value === 'string' && /^[!-z|~]{1,64}$/.test(value),
  ),
  'securest',
);
