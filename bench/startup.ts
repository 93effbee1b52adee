/**
 * What securest adds to the creation of a server with mixed routes, beside plain routing-controllers with the same
 * controllers. Prints ratios of one run; it asserts nothing.
 */
import 'reflect-metadata';
import {
  Authorized,
  createKoaServer,
  CurrentUser,
  Get,
  JsonController,
  Param,
  Params,
  Post,
} from 'routing-controllers';
import { createSecurity, MemoryUserstore, ownerOf, PasswordProvider, Public, type User } from '../src';

class Users extends MemoryUserstore {
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

type Controller = new () => object;
type Decorate = (target: object, method: string, descriptor: PropertyDescriptor) => void;

/** A class with ten actions, of the kinds that an app mixes. */
function controllerOf(index: number): Controller {
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

const ROUNDS = 5;
const quiet = { info: noop, warn: noop, error: noop };

function noop(): void {
  // The log is not what is measured.
}

function milliseconds(create: () => void): number {
  const start = process.cpuUsage();
  create();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The metadata storage holds the controllers of all sizes, as that of an app holds its own. */
const all = Array.from({ length: 500 }, (_, index) => controllerOf(index));

console.log('routes   plain ms   secured ms   secured to plain');
for (const count of [50, 125, 250, 500]) {
  const controllers = all.slice(0, count);
  const plain: number[] = [];
  const secured: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(
      milliseconds(() => {
        createKoaServer({ controllers, authorizationChecker: () => true, currentUserChecker: () => null });
      }),
    );
    const security = createSecurity({ providers: [PasswordProvider], userstores: [Users], logger: quiet });
    secured.push(
      milliseconds(() => {
        createKoaServer(security.secure({ controllers }));
      }),
    );
  }
  const [before, after] = [median(plain), median(secured)];
  console.log(
    [
      String(count * 10).padEnd(6),
      before.toFixed(0).padStart(10),
      after.toFixed(0).padStart(12),
      (after / before).toFixed(2).padStart(18),
    ].join(' '),
  );
}
