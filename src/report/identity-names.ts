/** The identities of every report. */
export const ANONYMOUS = 'anonymous';
export const ANY_LOGIN = 'any login';
