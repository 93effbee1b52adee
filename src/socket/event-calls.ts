/**
 * Calls the methods of controllers for the events of admitted sockets, after the decision that the event is allowed.
 */
import { ConfigurationError, SecurityFaultError } from '../errors';
import { ignoreRejection, isThenable } from '../util/ignore-rejection';
import type { MaybePromise } from '../core/userstore';
import { type ControllerEvent, type EventGuards, eventGuardsOf } from './event-guards';
import type { EventVerdict } from './event-turns';
import type { IoSocket } from './io-server';
import { type KnownSocket, knownSockets } from './known-sockets';
import { refusalData } from './refusal-data';

/** The calls that the client of a socket makes. */
export class EventCalls {
  private constructor(
    private readonly socket: IoSocket,
    private readonly known: KnownSocket,
    private readonly guards: EventGuards,
  ) {}

  /** Undefined for a socket that was not admitted, or if its instance guards no events: then no method may run. */
  static of(socket: unknown): EventCalls | undefined {
    const known = knownSockets.get(socket);
    const guards = known && eventGuardsOf(known.outside);
    return guards && new EventCalls(socket as IoSocket, known, guards);
  }

  /**
   * Decides now whether the controller's methods for the end of the socket will be called: the app cleans up in them,
   * even after the login has ended.
   */
  decideEnds(controller: unknown): void {
    const { known, guards } = this;
    for (const event of guards.eventsOf(controller)) {
      if (!isEnd(event)) continue;
      const ends = (known.ends ??= new Map());
      const verdict = guards.verdict(event, known);
      ends.set(event, verdict);
      if (isThenable(verdict)) void verdict.then((decided) => ends.set(event, decided));
    }
  }

  /**
   * Calls a method after the decision that its event is allowed, and after the methods of earlier events. Never throws.
   * @param sent the event as the client sent it
   * @param ack a function that answers the client; any other value if the client does not wait for an answer
   */
  execute(controller: unknown, action: unknown, sent: unknown, ack: unknown, work: () => unknown): void {
    const { known, guards } = this;
    let event: ControllerEvent;
    try {
      event = guards.event(controller, action);
    } catch (cause) {
      known.outside.parts.audit.error('An event of a socket cannot be guarded', cause);
      this.refuse(typeof sent === 'string' ? sent : 'unknown', ack, new SecurityFaultError({ cause }));
      return;
    }
    if (isEnd(event)) {
      this.executeEnd(event, work);
      return;
    }
    known.turns.take(
      () => guards.verdict(event, known),
      (verdict) => {
        if (verdict !== undefined) this.refuse(event.name, ack, verdict.error);
        else if (!known.isEnded) this.run(event, work);
      },
    );
  }

  private executeEnd(event: ControllerEvent, work: () => unknown): void {
    const { ends } = this.known;
    const act = (verdict: EventVerdict): void => {
      if (verdict === undefined) this.run(event, work);
    };
    const verdict: MaybePromise<EventVerdict> = ends?.has(event) === true ? ends.get(event) : UNDECIDED;
    // Synchronously if the verdict is known, while the socket is still in its rooms.
    if (isThenable(verdict)) void verdict.then(act);
    else act(verdict);
  }

  /** A failure of a method never reaches socket-controllers, which would not handle it. */
  private run({ access }: ControllerEvent, work: () => unknown): void {
    const { known } = this;
    const failed = (cause: unknown): void => {
      known.outside.parts.audit.error(`${access.action}: its handler failed`, cause);
    };
    try {
      ignoreRejection(known.run(work), failed);
    } catch (cause) {
      failed(cause);
    }
  }

  private refuse(event: string, ack: unknown, thrown: unknown): void {
    const { socket, known } = this;
    try {
      const data = refusalData(known.outside.refusal(known.request, thrown));
      if (typeof ack === 'function') (ack as (answer: unknown) => void)({ error: data });
      else socket.emit('security_error', { event, ...data });
    } catch (cause) {
      known.outside.parts.audit.error('A client of socket.io could not be sent its refusal', cause);
    }
  }
}

const UNDECIDED = { error: new ConfigurationError('The end of a socket came before it was decided') };

function isEnd({ kind }: ControllerEvent): boolean {
  return kind === 'disconnect' || kind === 'disconnecting';
}
