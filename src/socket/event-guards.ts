/** Authorises the events of socket controllers, for the sockets of an instance. */
import type { ClassDeclarations, DefaultAccess } from '../access/guards';
import type { Access } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { factsOf } from '../audit/audit';
import { AuthenticationRequiredError, ConfigurationError, SecurityFaultError } from '../errors';
import type { OutsideLogins } from '../security/outside-logins';
import { classChain, type ClassLike } from '../util/class-chain';
import { attempted, chained } from '../util/maybe-promise';
import { memberName } from '../util/member-name';
import { type EventKind, type SocketAction, actionIn, controllerIn } from './controllers-package';
import { eventAccess } from './event-access';
import type { EventVerdict } from './event-turns';
import type { KnownSocket } from './known-sockets';

/** An event for which a method of a controller is called. */
export interface ControllerEvent {
  readonly kind: EventKind;
  /** The name that clients send, or the name of the kind. */
  readonly name: string;
  readonly access: Access;
}

const guardsByInstance = new WeakMap<OutsideLogins, EventGuards>();

/** The guards of an instance; undefined if it guards no events. */
export function eventGuardsOf(outside: OutsideLogins): EventGuards | undefined {
  return guardsByInstance.get(outside);
}

export class EventGuards {
  /** True until controllers that ask these guards have been created. */
  isAwaited = true;
  /** By the class that the method is called on, then by the metadata of the action. */
  private readonly compiled = new WeakMap<object, Map<unknown, ControllerEvent>>();

  constructor(
    private readonly outside: OutsideLogins,
    readonly fallback: DefaultAccess,
    private readonly declarations: () => ClassDeclarations,
    private readonly kindOf: (type: unknown) => EventKind | undefined,
  ) {
    guardsByInstance.set(outside, this);
  }

  /**
   * Compiles all events of the controllers, so that an invalid guard prevents the start.
   * @throws ConfigurationError
   */
  prepare(controllers: unknown): void {
    const declared = this.declarations();
    const list: readonly unknown[] = Array.isArray(controllers) ? controllers : [];
    const events = list.flatMap((value) =>
      actionsOf(value).flatMap(([target, action]) =>
        // A method with only parameters or interceptors handles no event.
        action.type === undefined ? [] : [this.eventOf(target, action, declared)],
      ),
    );
    this.isAwaited = false;
    this.outside.parts.audit.info(summaryOf(events));
  }

  /** The prepared events of a controller. */
  eventsOf(controller: unknown): readonly ControllerEvent[] {
    const target = controllerIn(controller)?.target;
    return target === undefined ? [] : [...(this.compiled.get(target)?.values() ?? [])];
  }

  /** @throws ConfigurationError if the action is no event of a controller, or has an invalid guard */
  event(controller: unknown, action: unknown): ControllerEvent {
    const target = controllerIn(controller)?.target;
    if (target === undefined) throw new ConfigurationError('A socket controller of an unknown form');
    return this.compiled.get(target)?.get(action) ?? this.eventOf(target, action, this.declarations());
  }

  /** Never throws or rejects. */
  verdict({ access }: ControllerEvent, known: KnownSocket): MaybePromise<EventVerdict> {
    if (access.levels.length === 0) return undefined;
    const { login } = known;
    if (login === undefined) return { error: this.anonymous(known) };
    const granted = attempted(() => this.outside.authorizeAccess(known.request, login, access));
    return Promise.resolve(chained(granted, refusedUnlessTrue)).catch((error: unknown) => ({ error }));
  }

  private anonymous({ request: raw }: KnownSocket): AuthenticationRequiredError {
    const { audit, states } = this.outside.parts;
    const error = new AuthenticationRequiredError();
    audit.emit(() => {
      const { request } = states.of({ request: raw, response: undefined });
      return { type: 'failed', code: error.code, outcomes: [], ...factsOf(request) };
    });
    return error;
  }

  private eventOf(target: ClassLike, value: unknown, declared: ClassDeclarations): ControllerEvent {
    const action = actionIn(value);
    const kind = this.kindOf(action?.type);
    if (action === undefined || kind === undefined) {
      throw new ConfigurationError(`${target.name}: an event of a kind that is not known`);
    }
    refuseParameters(target, action.methodName, declared);
    const { grants } = this.outside.parts.options;
    const name = kind === 'message' ? nameOf(target, action) : kind;
    const access = eventAccess(target, action.methodName, name, this.fallback, grants, declared);
    const event = { kind, name, access };
    const events = this.compiled.get(target) ?? new Map<unknown, ControllerEvent>();
    this.compiled.set(target, events.set(value, event));
    return event;
  }
}

function actionsOf(value: unknown): (readonly [ClassLike, SocketAction])[] {
  const controller = controllerIn(value);
  if (controller === undefined) return [];
  return Object.values(controller.metadata.actions ?? {}).map((action) => [controller.target, action]);
}

function summaryOf(events: readonly ControllerEvent[]): string {
  const open = events.filter(({ access }) => access.levels.length === 0);
  const byPublic = open.filter(({ access }) => access.openedBy !== undefined).length;
  const counts = [
    `${String(events.length - open.length)} guarded socket events`,
    `${String(byPublic)} opened by @Public()`,
    `${String(open.length - byPublic)} open by default`,
  ];
  return counts.join(', ');
}

/** @throws ConfigurationError for a method with a parameter of routing-controllers, which would be undefined */
function refuseParameters(target: ClassLike, method: string, { params }: ClassDeclarations): void {
  if (classChain(target).every((cls) => params.onMethod(cls, method).length === 0)) return;
  throw new ConfigurationError(
    `${memberName(target, method)}: a parameter of routing-controllers, such as @CurrentUser(), has no value in a socket ` +
      'controller: ask socketLogin(security, socket), or security.currentUser() with the option `context: true`',
  );
}

/** Only a literal true is a grant. */
function refusedUnlessTrue(granted: unknown): EventVerdict {
  return granted === true ? undefined : { error: new SecurityFaultError() };
}

function nameOf(target: ClassLike, { methodName, options }: SocketAction): string {
  const name = options?.name;
  if (typeof name === 'string' && name !== '') return name;
  throw new ConfigurationError(`${memberName(target, methodName)}: @OnMessage() needs the name of an event`);
}
