import type { ReportedComponents, SecurityReport } from './security-report';

/** What the components of a kind may do to the answer of the guards. */
const EFFECTS: Readonly<Record<string, string>> = {
  authorizationProviders: 'may refuse what the guards allow',
  roleLoaders: 'may add roles to a user',
  skip: 'may let requests past all guards',
};

/** The components that decide beside the guards, one line for each kind. */
export function besideGuards({ components = [] }: SecurityReport): string[] {
  return components.flatMap(({ kind, names }: ReportedComponents) => {
    const effect = EFFECTS[kind];
    return effect === undefined ? [] : [`${kind} ${names.join(', ')}: ${effect}`];
  });
}
