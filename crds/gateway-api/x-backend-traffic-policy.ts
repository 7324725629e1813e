/** XBackendTrafficPolicy (GEP-3388, GEP-1619; experimental): how many retries a backend gets, and sessions to it. */
import { kubernetesKind } from '../object-meta.ts';
import { defaulted, integer, list, object, optional, type Static } from '../schema.ts';
import { groupName, kindName, objectName, within } from './names.ts';
import { policyStatus } from './policy-status.ts';
import { sessionPersistence } from './session-persistence.ts';

/** The group of what is experimental as a whole. */
export const EXPERIMENTS = 'gateway.networking.x-k8s.io';

/** An object of the policy's namespace. */
const targetRef = object({ group: groupName, kind: kindName, name: objectName });

const interval = within(
  "!(duration(self) < duration('1s') || duration(self) > duration('1h'))",
  'interval cannot be greater than one hour or less than one second',
);
const divisor = within(
  "!(duration(self) == duration('0s') || duration(self) > duration('1h'))",
  'interval cannot be greater than one hour',
);

const budget = object({ interval: defaulted(interval, '10s'), percent: defaulted(integer({ minimum: 0, maximum: 100 }), 20) });
const requestRate = object({ count: optional(integer({ minimum: 1, maximum: 1_000_000 })), interval: optional(divisor) });

const retryConstraint = object({
  budget: defaulted(budget, { percent: 20, interval: '10s' }),
  minRetryRate: defaulted(requestRate, { count: 10, interval: '1s' }),
});
export type RetryConstraint = Static<typeof retryConstraint>;

const spec = object({
  retryConstraint: optional(retryConstraint),
  sessionPersistence: optional(sessionPersistence),
  targetRefs: list(targetRef, { minItems: 1, maxItems: 16, listType: { map: ['group', 'kind', 'name'] } }),
});
export type XBackendTrafficPolicySpec = Static<typeof spec>;

export const xBackendTrafficPolicy = kubernetesKind('XBackendTrafficPolicy', `${EXPERIMENTS}/v1alpha1`, {
  spec,
  status: optional(policyStatus),
});
export type XBackendTrafficPolicy = Static<typeof xBackendTrafficPolicy>;
