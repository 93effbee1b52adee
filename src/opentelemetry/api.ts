import type * as Api from '@opentelemetry/api';
import { lazy } from '../util/lazy';
import { loadOptional } from '../util/load-optional';

/** @throws ConfigurationError if `@opentelemetry/api` is not installed */
export const loadApi: () => typeof Api = lazy(
  () => loadOptional('@opentelemetry/api', 'securest/opentelemetry') as typeof Api,
);
