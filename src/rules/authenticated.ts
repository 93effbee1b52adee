import { addRuleKind, made } from './rule-kind';

/** What a guard without a rule asks for. */
export const AUTHENTICATED = made({ kind: 'authenticated' });

addRuleKind('authenticated', {
  holds: () => true,
  describe: () => 'any authenticated user',
  identify: () => 'any authenticated user',
  terms: () => [],
  holdsByRoles: () => true,
});
