/** What explains decisions, loaded when it is first asked for: a server that runs explains none. */
/* eslint-disable @typescript-eslint/no-require-imports -- loaded at the first use */
import type { SecuredApp } from '../security/inspection';
import { lazy } from '../util/lazy';
import type * as Explain from './explain';
import type { ExplainRequest } from './explain-request';

const loaded = lazy(() => require('./explain') as typeof Explain);

/**
 * Explains who may send a request, and why: the route that the host's own router finds, its levels, and the verdict for an
 * identity. No action, middleware or body parser of the app runs; a named user is looked up in the stores. With `run` the
 * app's own code is asked too, for what is `depends` otherwise. It says what no client should know.
 * A guard outside of actions is explained by its name, with the method `*`, as in the report: which requests come to it is
 * known to the app alone.
 * @param app its options, as `securest()` or `secure()` returned them, or with the bare pair in them; or an instance of
 * `createSecurity()`, for its guards alone
 * @throws ConfigurationError for options without securest's checkers, where a server would not start, for a request that is
 * not valid, a guard that the app does not have, a role that is not in the option `roles`, a user whom no userstore has, and a host that is not installed
 * @throws ServiceUnavailableError, or what a store throws, when a named user cannot be looked up
 * @example await explain(options, { method: 'DELETE', path: '/notes/7', as: { roles: ['editor'] } })
 */
export async function explain(app: SecuredApp, request: ExplainRequest): Promise<Explain.Explanation> {
  return loaded().explain(app, request);
}
