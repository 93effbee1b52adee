/** Passport strategies as auth providers. Passport itself is not needed. */
export type { PassportOptions, PassportStrategy } from './passport-options';
export { PassportProvider } from './passport-provider';
export type { Reads } from './reads';
