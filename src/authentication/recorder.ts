/**
 * Reports refused requests to developers, and which rule or provider refused them. A report is never for a client: it
 * may hold reasons and causes that a reply keeps back. Without a listener no report is built.
 */
import type { Audit } from '../audit/audit';
import type { SecurityRequest } from '../core/request';
import type { SecurityError } from '../errors';
import type { RequestState } from './request-state';
import { answeringVerdict, type Verdict } from './verdicts';

/** One refused request, immediately before its reply is written. */
export interface RefusalRecord {
  readonly request: SecurityRequest;
  /** For example `NotesController.list` or `guard files`; undefined if no action was found. */
  readonly action: string | undefined;
  readonly status: number;
  readonly code: string;
  /** The verdict of each provider, in order; empty if no provider was asked. */
  readonly verdicts: readonly Verdict[];
  /** The user as events name it; undefined for a request that no provider authenticated. */
  readonly user: string | undefined;
  /** The rule or provider that denied the user, in words. */
  readonly deniedBy: string | undefined;
  /**
   * The origin of any other refusal: the provider whose verdict answers, or the action. Undefined if credentials are
   * missing.
   */
  readonly refusedBy: string | undefined;
  /** The error of the reply, with its cause. */
  readonly error: SecurityError;
}

/** @returns headers to add to those of the reply, if any */
export type RefusalListener = (record: RefusalRecord) => Readonly<Record<string, string>> | undefined;

export class Recorder {
  private readonly listeners = new Set<RefusalListener>();

  constructor(private readonly audit: Audit) {}

  /** @returns a function that removes the listener */
  listen(listener: RefusalListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Reports a refusal. @param error of the reply, which may get headers. An error of a listener changes nothing. */
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
  // Authentication did not refuse the request: the action or an earlier step threw.
  if (refusal === undefined) return access?.action;
  if (outcome?.kind === 'barred') return 'the page of a foreign site that sent it';
  return outcome?.kind === 'refused' ? answeringVerdict(outcome.verdicts)?.provider : undefined;
}
