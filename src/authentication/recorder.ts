/**
 * Tells developers what became of refused requests, and which rule or provider refused. Nothing of it is for a client:
 * what is told may hold the reasons and causes that a reply keeps back. Where nobody listens, nothing is put together.
 */
import type { Audit } from '../audit/audit';
import type { SecurityRequest } from '../core/request';
import type { SecurityError } from '../errors';
import type { RequestState } from './request-state';
import { answeringVerdict, type Verdict } from './verdicts';

/** One refused request, as its reply is about to be written. */
export interface RefusalRecord {
  readonly request: SecurityRequest;
  /** For example `NotesController.list` or `guard files`; undefined where no action was found. */
  readonly action: string | undefined;
  readonly status: number;
  readonly code: string;
  /** What each provider made of it, in order; empty where none was asked. */
  readonly verdicts: readonly Verdict[];
  /** The user as events name it; undefined for a request that nobody authenticated. */
  readonly user: string | undefined;
  /** The rule or provider that denied the user, in words. */
  readonly deniedBy: string | undefined;
  /** What refused otherwise: the provider whose verdict answers, or the action. Undefined where credentials are missing. */
  readonly refusedBy: string | undefined;
  /** The error of the reply, with its cause. */
  readonly error: SecurityError;
}

/** @returns headers that the reply gets beside its own, if any */
export type RefusalListener = (record: RefusalRecord) => Readonly<Record<string, string>> | undefined;

export class Recorder {
  private readonly listeners = new Set<RefusalListener>();

  constructor(private readonly audit: Audit) {}

  /** @returns a function that ends the listening */
  listen(listener: RefusalListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Tells of a refusal. @param error of the reply, which may get headers. Whatever a listener throws changes nothing. */
  refused(error: SecurityError, state: RequestState): void {
    if (this.listeners.size === 0) return;
    try {
      const record = recordOf(error, state);
      for (const listener of this.listeners) {
        const headers = listener(record);
        if (headers !== undefined) error.headers = { ...error.headers, ...headers };
      }
    } catch (cause) {
      this.audit.error('A refusal could not be explained', cause);
    }
  }
}

function recordOf(error: SecurityError, state: RequestState): RefusalRecord {
  const { request, access, outcome, deniedBy } = state;
  const login = outcome?.kind === 'barred' ? outcome.authenticated : outcome;
  return {
    request,
    action: access?.action,
    status: error.httpCode,
    code: error.code,
    verdicts: login?.verdicts ?? [],
    user: login?.kind === 'authenticated' ? login.label() : undefined,
    deniedBy,
    refusedBy: deniedBy === undefined ? refuserIn(state) : undefined,
    error,
  };
}

function refuserIn({ access, outcome, refusal }: RequestState): string | undefined {
  // Authentication has not refused it: the action threw, or something that comes before.
  if (refusal === undefined) return access?.action;
  if (outcome?.kind === 'barred') return 'the page of a foreign site that sent it';
  return outcome?.kind === 'refused' ? answeringVerdict(outcome.verdicts)?.provider : undefined;
}
