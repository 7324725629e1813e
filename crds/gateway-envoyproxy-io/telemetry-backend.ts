/** Where telemetry goes: the fields that every sink has. */
import { headerName } from '../gateway-api/http-header.ts';
import { backendObjectReference } from '../gateway-api/names.ts';
import { list, map, object, optional, type Rule, text } from '../schema.ts';
import { clusterSettings } from './cluster-settings.ts';
import { weightedBackend } from './names.ts';

export const backendClusterFields = {
  backendRef: optional(backendObjectReference),
  backendRefs: optional(list(weightedBackend, { maxItems: 16 })),
  backendSettings: optional(clusterSettings),
} as const;

/** Telemetry goes to Services and Backends, named by the plural field. */
export const backendRefRules: readonly Rule[] = [
  { rule: '!has(self.backendRef)', message: 'BackendRefs must be used, backendRef is not supported.' },
  {
    rule: "has(self.backendRefs) ? self.backendRefs.all(f, f.kind == 'Service' || f.kind == 'Backend') : true",
    message: 'BackendRefs only support Service and Backend kind.',
  },
  {
    rule: 'has(self.backendRefs) ? (self.backendRefs.all(f, f.group == "" || f.group == \'gateway.envoyproxy.io\')) : true',
    message: 'BackendRefs only support Core and gateway.envoyproxy.io group.',
  },
];

export const reachable: Rule = {
  rule: 'has(self.host) || self.backendRefs.size() > 0',
  message: 'host or backendRefs needs to be set',
};

/** Headers sent with every export. */
export const exportHeaders = list(object({ name: headerName, value: text({ minLength: 1, maxLength: 4096 }) }), {
  minItems: 1,
  maxItems: 32,
});

/** OpenTelemetry resource attributes. */
export const resourceAttributes = map(text());
