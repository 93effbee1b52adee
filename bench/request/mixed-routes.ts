/** Controllers with routes of the kinds that an app mixes, for the benches of a server's creation. */
import 'reflect-metadata';
import { Authorized, CurrentUser, Get, JsonController, Param, Params, Post } from 'routing-controllers';
import { MemoryUserstore, ownerOf, Public, type User } from '../../src';

export class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'alice', roles: ['role1'] }] });
  }
}

class Notes {
  get(id: string): { owner: string; id: string } {
    return { owner: 'alice', id };
  }
}

class Filter {
  id!: string;
}

export type Controller = new () => object;
type Decorate = (target: object, method: string, descriptor: PropertyDescriptor) => void;

/** How many routes a controller has. */
export const ACTIONS = 10;

/** A class with ten actions, of the kinds that an app mixes. */
export function controllerOf(index: number): Controller {
  class Area {
    list(): object {
      return [];
    }
    own(user: User): object {
      return { name: user.username };
    }
    one(id: string): object {
      return { id };
    }
    open(): object {
      return {};
    }
    filtered(filter: Filter): object {
      return filter;
    }
    owned(id: string): object {
      return { id };
    }
    byRole(): object {
      return {};
    }
    byRoles(): object {
      return {};
    }
    byPattern(): object {
      return {};
    }
    file(): object {
      return {};
    }
  }
  Object.defineProperty(Area, 'name', { value: `Area${String(index)}` });
  const prototype = Area.prototype as unknown as Record<string, unknown>;
  const on = (method: string, types: readonly unknown[], ...decorators: readonly unknown[]) => {
    Reflect.defineMetadata('design:paramtypes', types, prototype, method);
    Reflect.defineMetadata('design:returntype', Object, prototype, method);
    const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
    for (const decorate of decorators) (decorate as Decorate)(prototype, method, descriptor ?? {});
  };
  const at = (decorate: unknown, method: string, position: number) => {
    (decorate as (target: object, method: string, position: number) => void)(prototype, method, position);
  };
  at(CurrentUser(), 'own', 0);
  at(Param('id'), 'one', 0);
  at(Params(), 'filtered', 0);
  at(Param('id'), 'owned', 0);
  on('list', [], Authorized(), Get('/'));
  on('own', [Object], Authorized(), Get('/own'));
  on('one', [String], Authorized(), Get('/:id'));
  on('open', [], Public(), Get('/public/open'));
  on('filtered', [Filter], Authorized(), Get('/filtered/:id'));
  on('owned', [String], Authorized(ownerOf(Notes, 'id')), Post('/:id/change'));
  on('byRole', [], Authorized(`role${String(index % 20)}`), Get('/area/role'));
  on('byRoles', [], Authorized(['admin', `role${String(index % 20)}`]), Post('/area/roles'));
  on('byPattern', [], Authorized('admin'), Get(new RegExp(String.raw`/pattern${String(index)}/\d+`)));
  on('file', [], Get('/files/:name.:ext'));
  if (index % 2 === 0) Authorized()(Area);
  JsonController(`/area${String(index)}`)(Area);
  return Area;
}

export const SILENT = { info: noop, warn: noop, error: noop };

function noop(): void {
  // The log is not what is measured.
}

/** Milliseconds of CPU. */
export function milliseconds(create: () => void): number {
  const start = process.cpuUsage();
  create();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
