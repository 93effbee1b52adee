import type { dictionary } from '@zxcvbn-ts/language-common';

let passwords: ReadonlySet<string> | undefined;

/** True for a common password. The list is loaded at the first call. */
export function isCommon(password: string): boolean {
  passwords ??= new Set(load());
  return passwords.has(password);
}

function load(): readonly string[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only apps whose users choose passwords need it
  const common = require('@zxcvbn-ts/language-common') as { dictionary: typeof dictionary };
  return common.dictionary['passwords-common'];
}
