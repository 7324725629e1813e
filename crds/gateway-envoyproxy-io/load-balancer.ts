/** How requests are spread over the endpoints of a backend. */
import { DURATION, duration, portNumber } from '../gateway-api/names.ts';
import { anything, defaulted, flag, int32, integer, list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';

const named = object({ name: text() });

/** In CEL: this type and this field come together. */
export const goesWith = (type: string, field: string, message: string): Rule => ({
  rule: `self.type == '${type}' ? has(self.${field}) : !has(self.${field})`,
  message,
});

const hashKey = (type: string, field: string): Rule =>
  goesWith(type, field, `If consistent hash type is ${field}, the ${field} field must be set.`);

const consistentHash = object(
  {
    cookie: optional(object({ attributes: optional(map(text())), name: text(), ttl: optional(duration) })),
    header: optional(named),
    headers: optional(list(named)),
    queryParams: optional(list(named)),
    tableSize: defaulted(
      integer({ format: 'int64', minimum: 2, maximum: 5_000_011, description: 'Size of the Maglev table, a prime number.' }),
      65_537,
    ),
    type: oneOf(['SourceIP', 'Header', 'Headers', 'Cookie', 'QueryParams']),
  },
  {
    rules: [hashKey('Header', 'header'), hashKey('Headers', 'headers'), hashKey('Cookie', 'cookie'), hashKey('QueryParams', 'queryParams')],
  },
);

const backendUtilization = object(
  {
    blackoutPeriod: optional(duration),
    errorUtilizationPenaltyPercent: optional(int32({ minimum: 0 })),
    keepResponseHeaders: defaulted(flag(), false),
    metricNamesForComputingUtilization: optional(list(text())),
    outOfBand: optional(
      object({
        authority: optional(text({ minLength: 1, maxLength: 259, pattern: '^[^\\x00\\n\\r]*$' })),
        port: optional(portNumber),
        reportingPeriod: optional(
          text({
            pattern: DURATION,
            rules: [{ rule: "duration(self) > duration('0s')", message: 'reportingPeriod must be greater than 0' }],
          }),
        ),
      }),
    ),
    weightExpirationPeriod: optional(duration),
    weightUpdatePeriod: optional(duration),
  },
  { description: 'Weights endpoints by the load that they report themselves (ORCA).' },
);

const zoneAware = object({
  preferLocal: optional(
    object({
      force: optional(object({ minEndpointsInZoneThreshold: optional(int32()) })),
      minEndpointsThreshold: optional(integer({ format: 'int64' })),
      percentageEnabled: optional(int32({ minimum: 0, maximum: 100 })),
    }),
  ),
  weightedZones: optional(list(object({ weight: int32(), zone: text() }), { listType: { map: ['zone'] } })),
});

const rules: readonly Rule[] = [
  goesWith('ConsistentHash', 'consistentHash', 'If LoadBalancer type is consistentHash, consistentHash field needs to be set.'),
  goesWith(
    'BackendUtilization',
    'backendUtilization',
    'If LoadBalancer type is BackendUtilization, backendUtilization field needs to be set.',
  ),
  goesWith('DynamicModule', 'dynamicModule', 'If LoadBalancer type is DynamicModule, dynamicModule field needs to be set.'),
  {
    rule: "self.type in ['Random', 'ConsistentHash', 'DynamicModule'] ? !has(self.slowStart) : true",
    message: 'Currently SlowStart is only supported for RoundRobin, LeastRequest, and BackendUtilization load balancers.',
  },
  {
    rule: "self.type == 'ConsistentHash' && has(self.zoneAware) ? !has(self.zoneAware.preferLocal) : true",
    message: 'PreferLocal zone-aware routing is not supported for ConsistentHash load balancers. Use weightedZones instead.',
  },
  {
    rule: "self.type == 'BackendUtilization' && has(self.zoneAware) ? !has(self.zoneAware.preferLocal) : true",
    message:
      'PreferLocal zone-aware routing is not currently supported for BackendUtilization load balancers. Only WeightedZones can be used with BackendUtilization.',
  },
  {
    rule: "self.type == 'DynamicModule' ? !has(self.zoneAware) : true",
    message: 'ZoneAware routing is not supported for DynamicModule load balancers.',
  },
  {
    rule: 'has(self.zoneAware) ? !(has(self.zoneAware.preferLocal) && has(self.zoneAware.weightedZones)) : true',
    message: 'ZoneAware PreferLocal and WeightedZones cannot be specified together.',
  },
  {
    rule: "self.type == 'DynamicModule' ? !has(self.endpointOverride) : true",
    message: 'EndpointOverride is not supported for DynamicModule load balancers.',
  },
];

export const loadBalancer = object(
  {
    backendUtilization: optional(backendUtilization),
    consistentHash: optional(consistentHash),
    dynamicModule: optional(
      object({
        config: optional(anything()),
        lbPolicyName: text({ minLength: 1, maxLength: 253 }),
        name: text({ minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }),
      }),
    ),
    endpointOverride: optional(
      object({
        extractFrom: list(object({ header: optional(text()) }), {
          minItems: 1,
          maxItems: 10,
          description: 'Headers that name the endpoint to use as IP:port, the first one present counts.',
        }),
      }),
    ),
    slowStart: optional(object({ window: duration })),
    type: oneOf(['ConsistentHash', 'LeastRequest', 'Random', 'RoundRobin', 'BackendUtilization', 'DynamicModule']),
    zoneAware: optional(zoneAware),
  },
  { rules },
);
export type LoadBalancer = Static<typeof loadBalancer>;
