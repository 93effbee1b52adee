/** The identities that every report has. */
export const ANONYMOUS = 'anonymous';
export const ANY_LOGIN = 'any login';
