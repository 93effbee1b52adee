import { types } from 'node:util';

/** Common names of the property that holds the name in the rows of a relation. */
const NAMES = ['name', 'role', 'group', 'roleName', 'role_name', 'groupName', 'title', 'code', 'slug', 'key'];

/**
 * Suggests an expression that turns a value into a list of names, for a value that is not such a list, for example the
 * objects of a relation. It quotes nothing of the value but the names of common properties.
 * @param path of the value in the code, as `user.roles`
 * @returns undefined if no expression can be derived
 */
export function mappingOf(value: unknown, path: string): string | undefined {
  if (types.isPromise(value)) return mapped(`(await ${path})`, undefined);
  if (types.isSet(value)) return ofItem(Set.prototype.values.call(value).next().value, `[...${path}]`);
  if (Array.isArray(value)) {
    return ofItem(
      (value as unknown[]).find((item) => typeof item === 'object' && item !== null),
      path,
    );
  }
  if (typeof value === 'string') return value.includes(',') ? `${path}.split(',')` : `[${path}]`;
  if (typeof value !== 'object' || value === null) return undefined;
  // A collection of an ORM: iterating it may run a query.
  if (Symbol.iterator in value) return mapped(`[...${path}]`, undefined);
  return `[${path}.${propertyOf(value) ?? 'name'}]`;
}

function ofItem(item: unknown, list: string): string | undefined {
  if (typeof item === 'string') return list;
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  return mapped(list, propertyOf(item));
}

function mapped(list: string, property: string | undefined): string {
  const item = /groups\)?\]?$/.test(list) ? 'group' : 'role';
  return `${list}.map((${item}) => ${item}.${property ?? 'name'})`;
}

/** The property that holds the name; in the row of a join table a property of the object that the row refers to. */
function propertyOf(item: object): string | undefined {
  const found = NAMES.find((name) => typeof valueOf(item, name) === 'string');
  if (found !== undefined) return found;
  for (const relation of ['role', 'group']) {
    const other = valueOf(item, relation);
    if (typeof other !== 'object' || other === null) continue;
    const name = NAMES.find((each) => typeof valueOf(other, each) === 'string');
    if (name !== undefined) return `${relation}.${name}`;
  }
  return undefined;
}

function valueOf(item: object, name: string): unknown {
  return (item as Readonly<Record<string, unknown>>)[name];
}
