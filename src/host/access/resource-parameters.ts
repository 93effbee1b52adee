/**
 * Determines the value that an action gets for the route parameter that names a resource.
 *
 * routing-controllers converts a parameter to the type that the action declares: `0x32` is 50 for a number. A guard
 * that asked the store for the text of the path would decide about another resource than the action changes.
 */
import { types } from 'node:util';
import { type Action, type ActionMetadata, ParamMetadata } from 'routing-controllers';
import type { AccessLevel, Rule } from '../../core/access';
import { resourceParameter } from '../decorators/resource';
import { isPlainPrototype } from '../../core/objects';
import { routeParameter, routeParameters } from '../../http/route-parameter';
import { AccessDeniedError, ConfigurationError } from '../../errors';
import { leavesOf } from '../../rules/rule-kind';
import { HostDeclarations } from './declared';
import { classChain } from '../../util/class-chain';

type Form = 'text' | 'number';

/**
 * The route parameters that name a resource, by `ownerOf` or `@Resource`, and that the action receives as numbers.
 * @throws ConfigurationError if the value that the action gets cannot be determined
 */
export function numericParameters(
  action: ActionMetadata,
  name: string,
  levels: readonly AccessLevel[],
  hostDeclarations = new HostDeclarations(),
): string[] {
  const parameters = new Set([
    ...levels.flatMap(({ rule }) => ownedBy(rule)),
    ...action.params
      .map(({ transform }) => resourceParameter(transform))
      .filter((text) => text !== undefined),
  ]);
  if (parameters.size === 0) return [];
  const declared = declarations(action, hostDeclarations);
  const converted = [...parameters].filter((parameter) => formOf(declared, name, parameter) === 'number');
  watchTransformed(action, [...parameters]);
  return converted;
}

function ownedBy(rule: Rule): string[] {
  return leavesOf(rule).flatMap((leaf) => (leaf.kind === 'owner' ? [leaf.parameter] : []));
}

/** The action's own parameters, and the inherited ones at places where it declares none. */
function declarations(action: ActionMetadata, { params }: HostDeclarations): ParamMetadata[] {
  const [controller = action.controllerMetadata.target, ...bases] = classChain(
    action.controllerMetadata.target,
  );
  // A placeholder may stand for a parameter of a base: the declaration of the base counts.
  const declared = action.params.filter(({ target }) => (target as unknown) === controller);
  const taken = new Set(declared.map(({ index }) => index));
  for (const base of bases) {
    const inherited = params.onMethod(base, action.method).filter(({ index }) => !taken.has(index));
    declared.push(...inherited.map((args) => new ParamMetadata(action, args)));
    for (const { index } of inherited) taken.add(index);
  }
  return declared;
}

function formOf(declared: readonly ParamMetadata[], name: string, parameter: string): Form {
  const forms = new Set<Form>();
  const refuse = (what: string): never => {
    throw new ConfigurationError(
      `${name} gets :${parameter} ${what}, so the resource that ownerOf() or @Resource() loads by it may be ` +
        `another than the action uses: take it once, by @Param('${parameter}'), as a string or a number`,
    );
  };
  for (const param of declared) {
    const isWhole = param.type === 'params';
    if (!isWhole && (param.type !== 'param' || param.name !== parameter)) continue;
    if ((param.transform as unknown) !== undefined) refuse('through a transformation of its own');
    if (param.parse || param.isArray === true) refuse('parsed');
    if (isWhole && hasSetter(param.targetType)) refuse('through a class with setters');
    const type = isWhole ? propertyType(param, parameter) : param.targetName;
    if (type === '' || type === 'string') forms.add('text');
    else if (type === 'number' && !isWhole) forms.add('number');
    else refuse(`as ${type}`);
  }
  if (forms.size > 1) refuse('both as a string and as a number');
  return forms.has('number') ? 'number' : 'text';
}

/**
 * The type to which routing-controllers converts a property of `@Params()`, in lower case; '' if it converts nothing.
 */
function propertyType(param: ParamMetadata, property: string): string {
  const cls: unknown = param.targetType;
  if (typeof cls !== 'function') return '';
  // The metadata functions exist only if some file imports the package.
  const reflect = Reflect as { getMetadata?(key: string, target: object, property: string): unknown };
  const type = reflect.getMetadata?.('design:type', cls.prototype as object, property);
  return typeof type === 'function' ? type.name.toLowerCase() : '';
}

/** True for a class that can hide a value: a setter may write a private field. */
function hasSetter(cls: unknown): boolean {
  return classChain(Object(cls) as object).some(
    ({ prototype }) =>
      !isPlainPrototype(prototype) &&
      Object.values(Object.getOwnPropertyDescriptors(prototype)).some((member) => member.set !== undefined),
  );
}

/**
 * A class of `@Params()` may change, rename and convert its properties by decorators of class-transformer, and the
 * effect only shows afterwards. Every value of the object must be the route parameter of the same name; a parameter
 * that names a resource must be its text. If the action would get a value that the guard did not check, it does not
 * run.
 */
function watchTransformed(action: ActionMetadata, parameters: readonly string[]): void {
  if (!action.params.some(({ type }) => type === 'params')) return;
  const call = action.callMethod.bind(action);
  action.callMethod = (values: unknown[], request) => {
    const whole = action.params.flatMap(({ type }, position) =>
      type === 'params' ? [values[position]] : [],
    );
    if (!whole.every((object) => isOfRoute(object, request, parameters))) throw new AccessDeniedError();
    return call(values, request) as unknown;
  };
}

function isOfRoute(object: unknown, action: Action, parameters: readonly string[]): boolean {
  if (typeof object !== 'object' || object === null) return object === undefined || object === null;
  const ofRoute = routeParameters(action);
  return Reflect.ownKeys(object).every((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    if (descriptor === undefined || !('value' in descriptor)) return false;
    const value: unknown = descriptor.value;
    if (value === undefined) return true;
    if (typeof key !== 'string' || !Object.hasOwn(ofRoute, key)) return false;
    return parameters.includes(key)
      ? value === routeParameter(action, key)
      : isSameValue(value, ofRoute[key]);
  });
}

/** routing-controllers converts a parameter in place; a class may convert it itself. */
function isSameValue(value: unknown, parameter: unknown): boolean {
  if (value === parameter) return true;
  if (types.isDate(value)) return types.isDate(parameter) && value.getTime() === parameter.getTime();
  const isPrimitive = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isPrimitive && String(value) === String(parameter);
}
