/** Makes the library's own controllers of their tables. */
import '../installed';
import {
  Authorized,
  createParamDecorator,
  Delete,
  Get,
  JsonController,
  Post,
  Put,
} from 'routing-controllers';
import type { OwnRoute, OwnTable } from '../../account/own-table';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import { answered } from '../../decorators/answers';
import { Public } from '../../decorators/public';
import { answer } from '../../http/own-reply';
import { routeParameters } from '../../http/route-parameter';

/** From reflect-metadata, which routing-controllers needs, and whose types are missing in some builds. */
const metadata = Reflect as unknown as {
  defineMetadata(key: string, value: unknown, target: object, property: string): void;
};

const VERBS = { get: Get, post: Post, put: Put, delete: Delete };

/** The tables of the classes that {@link ownController} made. */
const tables = new WeakMap<object, OwnTable>();

/** The table of a class of {@link ownController}; undefined for any other class. */
export function ownTableOf(target: object): OwnTable | undefined {
  return tables.get(target);
}

/**
 * Makes a controller class.
 * @param name of the class, for the report and events
 */
export function ownController(name: string, table: OwnTable): Constructor<object> {
  const OwnController = { [name]: class {} }[name] as Constructor<object>;
  registerService(OwnController);
  (JsonController(table.path) as ClassDecorator)(OwnController);
  const prototype = OwnController.prototype as object;
  for (const [action, route] of Object.entries(table.routes)) {
    const value = (reply: unknown): unknown => reply;
    Object.defineProperty(prototype, action, { value, writable: true, configurable: true });
    // As the compiler emits it for a method of a class.
    metadata.defineMetadata('design:paramtypes', [Object], prototype, action);
    (VERBS[route.verb](route.path) as PropertyDecorator)(prototype, action);
    if (route.isPublic === true) Public()(prototype, action);
    else (Authorized() as PropertyDecorator)(prototype, action);
    const reply = answered(`${name}.${action}`, replyOf(route));
    (createParamDecorator({ value: reply }) as ParameterDecorator)(prototype, action, 0);
  }
  tables.set(OwnController, table);
  return OwnController;
}

function replyOf(route: OwnRoute): Parameters<typeof answered>[1] {
  return async (answers, action) =>
    answer(action, await route.reply(answers, action, routeParameters(action)));
}
