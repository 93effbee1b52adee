import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type { ObservedOutcome, SecurityObserver } from '../core/observer';
import type { Clock } from '../util/clock';
import {
  codeOf,
  lookupAttributes,
  outcomeAttributes,
  providerAttributes,
  userstoreAttributes,
} from './attributes';

/** The bucket boundaries of `http.server.request.duration`, and smaller ones for stores in memory. */
const SECONDS = [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface SecurityMetrics {
  /** Measures everything but the outcomes of authentications. */
  readonly observer: SecurityObserver;
  readonly count: (outcome: ObservedOutcome) => void;
}

/** @param clock in milliseconds */
export function metricsOf(meter: Meter, clock: Clock): SecurityMetrics {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { unit, description });
  const histogram = (name: string, description: string): Histogram =>
    meter.createHistogram(name, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: SECONDS },
    });
  const outcomes = counter(
    'securest.authentication.outcomes',
    '{outcome}',
    'How requests were authenticated',
  );
  const decisions = counter('securest.authorization.decisions', '{decision}', 'What guarded actions decided');
  const throttled = counter('securest.throttled.attempts', '{attempt}', 'Logins that had to wait');
  const lookups = counter(
    'securest.cache.lookups',
    '{lookup}',
    'Credentials looked for among those remembered',
  );
  const providers = histogram('securest.provider.duration', 'How long providers take');
  const userstores = histogram('securest.userstore.duration', 'How long userstores take');
  const timed = (into: Histogram): ((attributes: Attributes) => void) => {
    const start = clock();
    return (attributes) => {
      into.record((clock() - start) / 1000, attributes);
    };
  };
  return {
    count: (outcome) => {
      outcomes.add(1, outcomeAttributes(outcome));
    },
    observer: {
      provider: (name) => {
        const record = timed(providers);
        return (verdict) => {
          record(providerAttributes(name, verdict));
          if (verdict === 'throttled') throttled.add(1, { 'securest.provider.name': name });
        };
      },
      userstore: (name, operation) => {
        const record = timed(userstores);
        return (answer) => {
          record(userstoreAttributes(name, operation, answer));
        };
      },
      lookup: (provider, isHit) => {
        lookups.add(1, lookupAttributes(provider, isHit));
      },
      event: (event) => {
        if (event.type === 'allowed') {
          decisions.add(1, { 'securest.outcome': event.skipped ? 'skipped' : 'allowed' });
        } else if (event.type === 'denied') {
          decisions.add(1, { 'securest.outcome': 'denied', 'securest.code': codeOf(event.code) });
        }
      },
    },
  };
}
