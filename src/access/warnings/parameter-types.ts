/**
 * Finds parameters of actions whose declared types are unknown to the host.
 *
 * The compiler emits a type only if it is a class. A union and an interface become Object, and the host then parses
 * text of the client as JSON: ordinary text is refused with 400, and the client chooses the type of the rest. If the
 * compiler emits no type, the host neither converts nor validates.
 */
import { metadataCure } from '../../components/metadata-cure';
import type { CompiledAction, RouteParameter } from '../compiled';

export interface TypeFault {
  readonly code:
    'parameter_read_as_json' | 'parameter_without_type' | 'parameters_without_types' | 'user_as_plain_value';
  /** The fault of the action, as the end of a sentence. */
  readonly consequence: string;
}

/** Parameters that a client sends as text. */
const TEXT: Readonly<Record<string, string>> = {
  query: '@QueryParam',
  header: '@HeaderParam',
  cookie: '@CookieParam',
  'body-param': '@BodyParam',
};
/** Parameters whose values the host converts or validates. */
const TYPED: Readonly<Record<string, string>> = {
  ...TEXT,
  param: '@Param',
  params: '@Params',
  queries: '@QueryParams',
  headers: '@HeaderParams',
  cookies: '@CookieParams',
  body: '@Body',
};

/** The faults of an action's parameters; a client may send any value in each of them. */
export function typeFaults({ action }: CompiledAction): readonly TypeFault[] {
  const { params } = action;
  const untyped = params.filter(
    (param) => Object.hasOwn(TYPED, param.type) && param.targetType === undefined,
  );
  if (untyped.some((param) => !hasMetadata(param))) return [WITHOUT_TYPES];
  return [
    ...untyped.map((param) => ({
      code: 'parameter_without_type' as const,
      consequence:
        `neither converts nor validates ${nameOf(param)}: its type was undefined when the action was decorated, as ` +
        'the two files import each other',
    })),
    ...params.filter(isReadAsJson).map((param) => ({
      code: 'parameter_read_as_json' as const,
      consequence:
        `reads ${nameOf(param)} as JSON, for its type came out as Object (a union such as string | undefined, or an ` +
        'interface): other text is refused, and a client chooses whether it is a string, a number or an object. Write ' +
        'it as an optional parameter (name?: string), give the type ({ type: String }), or say { parse: true } where ' +
        'JSON is meant',
    })),
    ...params.filter(isUserAsPlainValue).map(({ targetType }) => ({
      code: 'user_as_plain_value' as const,
      consequence:
        `takes @CurrentUser() for a ${(targetType as typeof String).name.toLowerCase()}, but it is the user object: ` +
        'declare its class, and take user.username for the name',
    })),
  ];
}

function isReadAsJson(param: RouteParameter): boolean {
  const isText = Object.hasOwn(TEXT, param.type) && param.transform === undefined;
  return isText && param.targetType === Object && !param.parse;
}

/** The host hands over the user as it is, whatever the type. */
function isUserAsPlainValue({ type, targetType }: RouteParameter): boolean {
  return type === 'current-user' && [String, Number, Boolean].some((plain) => plain === targetType);
}

function nameOf({ type, name }: RouteParameter): string {
  return `${TYPED[type] ?? ''}(${name ? `'${name}'` : ''})`;
}

/** True if the compiler has emitted the types of the action, whatever they are. */
function hasMetadata({ target, method }: RouteParameter): boolean {
  const reflect = Reflect as { getMetadata?(key: string, target: object, property: string): unknown };
  const { prototype } = target as { readonly prototype: object };
  return reflect.getMetadata?.('design:paramtypes', prototype, method) !== undefined;
}

const WITHOUT_TYPES: TypeFault = {
  code: 'parameters_without_types',
  consequence:
    'was compiled without decorator metadata, so its parameters are neither converted nor validated: a number stays a ' +
    `string, and a body is a plain object; ${metadataCure()}`,
};
