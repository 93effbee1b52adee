import type { dictionary } from '@zxcvbn-ts/language-common';
import { lazy } from '../util/lazy';
import { notInstalled } from '../util/load-optional';

const passwords = lazy((): ReadonlySet<string> => new Set(load()['passwords-common']));

/** True for a password that many people have. The list is loaded when it is first asked. */
export function isCommon(password: string): boolean {
  return passwords().has(password);
}

/** Makes sure that there is a list. @throws ConfigurationError where its package is not installed */
export function requireCommonPasswords(): void {
  load();
}

function load(): typeof dictionary {
  try {
    // Written out, so that bundlers take it along where it is installed.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only apps whose users choose passwords need it
    return (require('@zxcvbn-ts/language-common') as { dictionary: typeof dictionary }).dictionary;
  } catch (error) {
    throw notInstalled(error, '@zxcvbn-ts/language-common', 'A check for common passwords');
  }
}
