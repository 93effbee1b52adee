import '../host/installed';
import type { ActionMetadata, RoutingControllersOptions } from 'routing-controllers';
import type { HostAction } from '../host/access/compile';
import { HostDeclarations } from '../host/access/declared';
import { emptyStorage, type MetadataStorage } from '../host/access/host-metadata';
import { repliesOf } from '../host/access/replies';
import { inspectServer } from '../host/inspect-options';
import { jwksRouteOf } from '../host/controllers/jwks-controller';
import { listOperations, type Method } from './operations';

type ParamArgs = MetadataStorage['params'][number];
type Declarer = Parameters<HostDeclarations['params']['onMethod']>[0];

/** See `served-metadata.ts` for the contract. */
export function copiedMetadata(options: RoutingControllersOptions): MetadataStorage {
  const { compiled } = inspectServer(options);
  const hostOf = new Map(compiled.map(({ access, action }) => [access, action]));
  const { operations } = listOperations(compiled.filter((one) => isUnderPrefix(one, options)));
  const declared = new HostDeclarations();
  const storage = emptyStorage();
  const actions = new Map<ActionMetadata, Set<Method>>();
  for (const {
    compiled: { access },
    method,
  } of operations) {
    const action = hostOf.get(access);
    if (action === undefined) continue;
    const methods = actions.get(action) ?? new Set();
    actions.set(action, methods.add(method));
  }
  for (const [action, methods] of actions) {
    const { route, target, method, options: ofAction } = action;
    for (const type of methods) storage.actions.push({ route, target, method, options: ofAction, type });
    storage.params.push(...paramsOf(action, declared));
    storage.responseHandlers.push(
      ...repliesOf(action, declared).map((handler) => ({ ...handler, target, method })),
    );
  }
  for (const controller of new Set([...actions.keys()].map((action) => action.controllerMetadata))) {
    const { target, route, type, options: ofController } = controller;
    storage.controllers.push({ target, route, type, options: ofController });
  }
  return storage;
}

/** False for a route that securest serves at the root of the app: routing-controllers-openapi would prefix it. */
function isUnderPrefix({ action }: HostAction, { routePrefix }: RoutingControllersOptions): boolean {
  return !routePrefix || jwksRouteOf(action.target) === undefined;
}

/** The declared parameters that the action gets: an inherited parameter that the host loses has another type here. */
function paramsOf({ params, method, target }: ActionMetadata, declared: HostDeclarations): ParamArgs[] {
  return params.flatMap(({ target: declarer, index, type }) => {
    const args = declared.params.onMethod(declarer as Declarer, method);
    const known = args.find((one) => one.index === index && one.type === type);
    return known === undefined ? [] : [{ ...known, object: target.prototype as object }];
  });
}
