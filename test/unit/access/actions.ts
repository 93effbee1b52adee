import {
  type ActionMetadata,
  BaseDriver,
  createExecutor,
  type RoutingControllersOptions,
} from 'routing-controllers';

/** The host's own metadata of every action of these controllers, as a server would register it. */
export function actionsOf(options: RoutingControllersOptions): ActionMetadata[] {
  const actions: ActionMetadata[] = [];
  class RecordingDriver extends BaseDriver {
    override initialize(): void {}
    override registerMiddleware(): void {}
    override registerRoutes(): void {}
    override getParamFromRequest(): void {}
    override handleError(): void {}
    override handleSuccess(): void {}
    override registerAction(action: ActionMetadata): void {
      actions.push(action);
    }
  }
  createExecutor(new RecordingDriver(), options);
  return actions;
}
