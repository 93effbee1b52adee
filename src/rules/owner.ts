import { UNCONVERTIBLE } from '../core/resource';
import type { Access, OwnerRule, ResourceStoreClass, Rule } from '../core/access';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';
import { chained } from '../util/maybe-promise';
import { callable, oneOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { functionName } from './fingerprint';
import { addRuleKind, made } from './rule-kind';
import { parseName, quoted } from './rule-name';

/** The options of {@link ownerOf}. */
export interface OwnerOptions<T extends object> {
  /** The username of a resource's owner. @default its property `owner` */
  owner?: (resource: T) => string | null | undefined;
  /**
   * Who may call the action when the resource does not exist. 'deny' refuses with 403, as for another user's resource,
   * so that no caller learns which resources exist; 'run' lets every user in, and the action answers 404.
   * @default 'deny'
   */
  whenMissing?: 'run' | 'deny';
}

/** The default owner: the property of that name. */
function ownerProperty(resource: object): unknown {
  return (resource as { owner?: unknown }).owner;
}

const OPTIONS = {
  owner: optional(callable<(resource: object) => unknown>(), ownerProperty),
  whenMissing: optional(oneOf('run', 'deny'), 'deny'),
} satisfies Record<keyof OwnerOptions<object>, Kind<unknown>>;

/**
 * A rule that holds for the owner of the resource that a route's parameter names:
 * `@Authorized(ownerOf(NoteStore, 'id'))`. The store is resolved from the container; `@Resource(NoteStore, 'id')`
 * passes the loaded resource to the action.
 */
export function ownerOf<T extends object>(
  store: ResourceStoreClass<T>,
  parameter: string,
  options: OwnerOptions<T> = {},
): Rule<never> {
  if (typeof store !== 'function') {
    throw new ConfigurationError('ownerOf(): the first argument must be the class that loads the resource');
  }
  const { owner, whenMissing } = parseOptions('ownerOf()', options, OPTIONS);
  return made({
    kind: 'owner',
    store,
    parameter: parseName(parameter, 'ownerOf()', 'a route parameter'),
    owner,
    whenMissing,
  });
}

addRuleKind('owner', {
  holds: (rule, context) =>
    chained(context.resource(rule), (resource) => isOwner(rule, resource, context.user)),
  describe: ({ store, parameter, whenMissing }) =>
    `owner of ${store.name} :${parameter}${orMissing(whenMissing)}`,
  identify: ({ store, parameter, owner, whenMissing }) => {
    const by = owner === ownerProperty ? '' : ` by ${functionName(owner)}`;
    return `owner of ${quoted(store.name)} :${quoted(parameter)}${by}${orMissing(whenMissing)}`;
  },
  terms: ({ store, parameter, owner, whenMissing }) => [store, parameter, owner, whenMissing],
  refuseUnknown: ({ parameter }, { access, where }) => {
    if (hasParameter(access, parameter)) return;
    const { route, action } = access;
    const what = route === undefined ? action : `the route ${route} of ${action}`;
    throw new ConfigurationError(`${where}: ${what} has no parameter :${parameter}`);
  },
});

function isOwner(
  rule: OwnerRule,
  resource: object | null | undefined | typeof UNCONVERTIBLE,
  user: User,
): boolean {
  if (resource === UNCONVERTIBLE) return false;
  if (resource === null || resource === undefined) return rule.whenMissing === 'run';
  const owner = rule.owner(resource);
  ignoreRejection(owner);
  return owner === user.username;
}

function orMissing(whenMissing: OwnerRule['whenMissing']): string {
  return whenMissing === 'run' ? ' (or missing)' : '';
}

/** A regular expression's groups are only known when it matches: a missing parameter is refused then. */
function hasParameter({ route = '', isPattern }: Access, parameter: string): boolean {
  return isPattern || [...route.matchAll(/:(\w+)/g)].some(([, name]) => name === parameter);
}
