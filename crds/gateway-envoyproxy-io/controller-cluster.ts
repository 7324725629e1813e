/** How the controller follows a cluster: the fields that both providers of EnvoyGateway share. */
import { complete } from '../complete.ts';
import { DURATION, namespaceName } from '../gateway-api/names.ts';
import { jsonSchema } from '../json-schema.ts';
import { defaulted, flag, int32, list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';

/** GEP-2257, and not nothing. */
export const positiveDuration = text({
  pattern: DURATION,
  expected: 'a duration such as 500ms, 10s or 1h30m',
  rules: [{ rule: "self.matches('[1-9]')", message: 'must be longer than nothing' }],
});

/** In CEL: a type has its field, and no other type has it. */
export const ownField = (type: string, field: string): Rule => ({
  rule: `self.type == '${type}' ? has(self.${field}) : !has(self.${field})`,
  message: `${field} goes with type ${type}, and type ${type} needs it`,
});

const requirement = object(
  { key: text({ minLength: 1 }), operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist']), values: optional(list(text())) },
  {
    rules: [
      {
        rule: "(self.operator == 'In' || self.operator == 'NotIn') == (has(self.values) && self.values.size() > 0)",
        message: 'In and NotIn need values, Exists and DoesNotExist have none',
      },
    ],
  },
);

/** metav1.LabelSelector, checked as the API server checks those of its own objects. An empty one would take every namespace. */
const namespaceSelector = object(
  { matchExpressions: optional(list(requirement)), matchLabels: optional(map(text())) },
  {
    rules: [
      {
        rule: '(has(self.matchLabels) && self.matchLabels.size() > 0) || (has(self.matchExpressions) && self.matchExpressions.size() > 0)',
        message: 'an empty selector takes every namespace; say matchLabels or matchExpressions, or remove watch',
      },
    ],
  },
);

const watch = object(
  {
    type: oneOf(['Namespaces', 'NamespaceSelector']),
    namespaces: optional(list(namespaceName, { minItems: 1, listType: 'set' })),
    namespaceSelector: optional(namespaceSelector),
  },
  {
    description: "Whose objects are read; the controller's own namespace always belongs to them.",
    rules: [ownField('Namespaces', 'namespaces'), ownField('NamespaceSelector', 'namespaceSelector')],
  },
);
export type WatchSettings = Static<typeof watch>;

const longer = (field: string, than: string): Rule => ({
  rule: `duration(self.${field}) > duration(self.${than})`,
  message: `${field} must be longer than ${than}`,
});

const leaderElection = object(
  {
    disable: defaulted(flag({ description: 'This process leads without asking: only right where there is one.' }), false),
    leaseDuration: defaulted(positiveDuration, '15s'),
    renewDeadline: defaulted(positiveDuration, '10s'),
    retryPeriod: defaulted(positiveDuration, '2s'),
  },
  { rules: [longer('leaseDuration', 'renewDeadline'), longer('renewDeadline', 'retryPeriod')] },
);
export type LeaderElectionSettings = Static<typeof leaderElection>;

const rateLimit = object({
  qps: defaulted(int32({ minimum: 1, description: 'Requests a second in the long run.' }), 50),
  burst: defaulted(int32({ minimum: 1, description: 'Requests at once.' }), 100),
});
export type RateLimitSettings = Static<typeof rateLimit>;

export const clusterFields = {
  watch: optional(watch),
  leaderElection: defaulted(leaderElection, {}),
  client: optional(object({ rateLimit: optional(rateLimit) }, { description: 'Requests to the API server; watches are not counted.' })),
  cacheSyncPeriod: optional(positiveDuration),
} as const;

const clusterSettings = object(clusterFields);
export type ClusterSettings = Static<typeof clusterSettings>;

/** What holds where a configuration says nothing. */
export const DEFAULT_CLUSTER_SETTINGS =
  // Completed by its own schema, which requires nothing.
  complete(jsonSchema(clusterSettings), {}) as ClusterSettings;
