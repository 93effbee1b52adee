import { addRuleKind, made } from './rule-kind';

/** The requirement of a guard without a rule. */
export const AUTHENTICATED = made({ kind: 'authenticated' });

addRuleKind('authenticated', {
  holds: () => true,
  describe: () => 'any authenticated user',
  identify: () => 'any authenticated user',
  terms: () => [],
  holdsByRoles: () => true,
});
