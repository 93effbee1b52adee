/** Loads the code of `explain()` at its first use: a running server explains no decisions. */
/* eslint-disable @typescript-eslint/no-require-imports -- loaded at the first use */
import type { SecuredApp } from '../security/inspection';
import { lazy } from '../util/lazy';
import type * as Explain from './explain';
import type { ExplainRequest } from './explain-request';

const loaded = lazy(() => require('./explain') as typeof Explain);

/**
 * Explains whether an identity may send a request, and why: the route that the host's own router finds, its levels, and
 * the verdict. No action, middleware or body parser of the app runs; a named user is looked up in the stores. With
 * `run` the app's own code is called as well, to decide levels that are `depends` otherwise. Do not show the
 * explanation to clients. The method `*` explains a guard outside of actions by its name, as in the report: only the
 * app knows the guard's requests.
 * @param app the options that `securest()` or `secure()` returned, or options with its bare pair of checkers; or an
 * instance of `createSecurity()`, to explain its guards only
 * @throws ConfigurationError for options without securest's checkers, for options that a server would refuse to start
 * with, for an invalid request, an unknown guard, a role that is not in the option `roles`, a user that no userstore
 * has, and a host that is not installed
 * @throws ServiceUnavailableError, or the store's own error, when a named user cannot be looked up
 * @example await explain(options, { method: 'DELETE', path: '/notes/7', as: { roles: ['editor'] } })
 */
export async function explain(app: SecuredApp, request: ExplainRequest): Promise<Explain.Explanation> {
  return loaded().explain(app, request);
}
