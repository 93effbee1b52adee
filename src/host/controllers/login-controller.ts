/** Makes the login controllers: from a table of their routes, each answered by a {@link LoginFlow}. */
import '../installed';
import { Authorized, createParamDecorator, Delete, Get, JsonController, Post } from 'routing-controllers';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import { answered } from '../../decorators/answers';
import { Public } from '../../decorators/public';
import { type FlowOptions, LoginFlow } from '../../account/login-flow';
import type { LoginRoute } from '../../account/login-route';

/** From reflect-metadata, which routing-controllers needs, and whose types are missing in some builds. */
const metadata = Reflect as unknown as {
  defineMetadata(key: string, value: unknown, target: object, property: string): void;
};

const VERBS = { get: Get, post: Post, delete: Delete };

/**
 * Makes a controller class.
 * @param name of the class, for the report and events
 * @param routes by the name of their actions
 */
export function loginController(
  name: string,
  path: string,
  options: FlowOptions,
  routes: Readonly<Record<string, LoginRoute>>,
): Constructor<object> {
  const LoginController = { [name]: class {} }[name] as Constructor<object>;
  registerService(LoginController);
  (JsonController(path) as ClassDecorator)(LoginController);
  const prototype = LoginController.prototype as object;
  for (const [action, route] of Object.entries(routes)) {
    const value = (reply: unknown): unknown => reply;
    Object.defineProperty(prototype, action, { value, writable: true, configurable: true });
    // As the compiler emits it for a method of a class.
    metadata.defineMetadata('design:paramtypes', [Object], prototype, action);
    (VERBS[route.verb](route.path) as PropertyDecorator)(prototype, action);
    if (route.isPublic === true) Public()(prototype, action);
    else (Authorized() as PropertyDecorator)(prototype, action);
    const reply = answered(`${name}.${action}`, replyTo(route, options));
    (createParamDecorator({ value: reply }) as ParameterDecorator)(prototype, action, 0);
  }
  return LoginController;
}

function replyTo(route: LoginRoute, options: FlowOptions): Parameters<typeof answered>[1] {
  const { isChecked = route.verb !== 'get', run } = route;
  return (answers, action) => {
    const flow = new LoginFlow(answers, action, options);
    return isChecked ? flow.run(() => run(flow)) : flow.read(() => run(flow));
  };
}
