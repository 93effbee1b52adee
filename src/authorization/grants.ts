/** The roles and permissions that roles imply by the hierarchy. Computed once, when the app starts. */
import type { UserRoles } from '../core/authorization-provider';
import { ConfigurationError } from '../errors';
import { listed } from '../util/listed';

/** How many of the app's roles an error lists. */
const MAX_LISTED = 20;

export interface GrantOptions {
  /** All roles of the app, if it lists them; other names are then refused. */
  readonly roles?: readonly string[] | undefined;
  /** Which roles a role implies: `{ admin: ['editor'], editor: ['reader'] }`. */
  readonly roleHierarchy?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
  /** Which permissions a role grants: `{ editor: ['invoice:read'] }`. */
  readonly permissions?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
}

export class Grants {
  private readonly known: ReadonlySet<string> | undefined;
  /** Each role of the hierarchy with all roles that it implies, including itself. */
  private readonly closures = new Map<string, ReadonlySet<string>>();
  private readonly permissions = new Map<string, readonly string[]>();
  private readonly permissionNames: ReadonlySet<string>;

  /** @throws ConfigurationError for a cycle, an unknown role and an invalid name */
  constructor({ roles, roleHierarchy = {}, permissions = {} }: GrantOptions) {
    if (roles !== undefined) this.known = new Set(names(roles, 'roles'));
    const hierarchy = this.parse(roleHierarchy, 'roleHierarchy');
    for (const [role, implied] of hierarchy) {
      for (const name of implied) this.refuseUnknown(name, 'roleHierarchy');
      this.closures.set(role, closureOf(role, hierarchy));
    }
    this.permissions = this.parse(permissions, 'permissions');
    this.permissionNames = new Set([...this.permissions.values()].flat());
  }

  /** The roles as assigned, and with all roles that they imply. */
  rolesOf(assigned: Iterable<string>): UserRoles {
    const roles = new Set(assigned);
    return { assigned: roles, effective: this.withImplied(roles) };
  }

  /** The roles with all roles that they imply. */
  withImplied(roles: Iterable<string>): ReadonlySet<string> {
    const all = new Set<string>();
    for (const role of roles) {
      all.add(role);
      for (const implied of this.closures.get(role) ?? []) all.add(implied);
    }
    return all;
  }

  /** True if one of the roles grants the permission. Expects roles with their implied roles. */
  isGranted(permission: string, roles: ReadonlySet<string>): boolean {
    for (const role of roles) if (this.permissions.get(role)?.includes(permission) === true) return true;
    return false;
  }

  /** Every role that the options name. */
  names(): ReadonlySet<string> {
    const granting = [...this.closures.values()].flatMap((closure) => [...closure]);
    return new Set([...(this.known ?? []), ...granting, ...this.permissions.keys()]);
  }

  /** Each role that implies or grants something, by name, with all roles and permissions that follow from it. */
  granting(): { role: string; implies: string[]; permissions: string[] }[] {
    return [...new Set([...this.closures.keys(), ...this.permissions.keys()])]
      .toSorted()
      .map((role) => {
        const effective = [...this.withImplied([role])];
        const permissions = new Set(effective.flatMap((name) => this.permissions.get(name) ?? []));
        return {
          role,
          implies: effective.filter((name) => name !== role).toSorted(),
          permissions: [...permissions].toSorted(),
        };
      })
      .filter(({ implies, permissions }) => implies.length + permissions.length > 0);
  }

  /** @throws ConfigurationError for a role that the app does not list among its `roles` */
  refuseUnknown(role: string, where: string): void {
    if (this.known === undefined || this.known.has(role)) return;
    throw new ConfigurationError(
      `${where}: "${role}" is not in the option roles (${listed([...this.known], MAX_LISTED)})`,
    );
  }

  /** @throws ConfigurationError for a permission that no role grants */
  refuseUngranted(permission: string, where: string): void {
    if (this.permissionNames.has(permission)) return;
    throw new ConfigurationError(`${where}: no role grants the permission ${permission}`);
  }

  private parse(table: object, where: string): Map<string, readonly string[]> {
    return new Map(
      Object.entries(table)
        .filter(([, list]) => list !== undefined)
        .map(([role, list]: [string, unknown]) => {
          const [name = ''] = names([role], where);
          this.refuseUnknown(name, where);
          return [name, names(list, `${where}: ${name}`)];
        }),
    );
  }
}

function names(list: unknown, where: string): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && name !== '' && name === name.trim();
  // every() alone skips the holes of a sparse list.
  if (Array.isArray(list) && Array.from(list).every(isName)) return list as string[];
  throw new ConfigurationError(`${where} must list non-empty strings without surrounding spaces`);
}

/** @throws ConfigurationError when a role implies itself */
function closureOf(role: string, hierarchy: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const closure = new Set<string>([role]);
  const ahead = [...(hierarchy.get(role) ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (next === role) throw new ConfigurationError(`roleHierarchy: ${role} implies itself`);
    if (closure.has(next)) continue;
    closure.add(next);
    ahead.push(...(hierarchy.get(next) ?? []));
  }
  return closure;
}
