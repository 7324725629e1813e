/** XTelemetryPolicy (Gateway API v1.7.0, experimental): traces of whole Gateways. */

import { kubernetesKind } from '../object-meta.ts';
import { defaulted, list, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { fraction } from './fraction.ts';
import { headerName, httpHeaders } from './http-header.ts';
import { backendFields, backendRules, localObjectReference } from './names.ts';
import { policyStatus } from './policy-status.ts';
import { EXPERIMENTS } from './x-backend-traffic-policy.ts';

const SWITCH = ['Enabled', 'Disabled', 'ImplementationDefault'] as const;
const mode = defaulted(oneOf(SWITCH), 'ImplementationDefault');

/** In CEL: the source asks for its field, and the field for the source. */
const ofSource = (source: string, field: string): Rule => ({
  rule: `self.sourceType == '${source}' ? has(self.${field}) : !has(self.${field})`,
  message: `${field} is required when sourceType is ${source}, and must be empty otherwise`,
});

const attribute = object(
  {
    attributeKey: optional(
      text({
        minLength: 1,
        maxLength: 256,
        pattern: '^[a-z0-9_.-]+$',
        expected: 'an attribute of OpenTelemetry such as http.request.method',
      }),
    ),
    headerName: optional(headerName),
    literalValue: optional(text({ minLength: 1, maxLength: 1024 })),
    name: text({ minLength: 1, maxLength: 256, pattern: '^[a-zA-Z0-9_.:/-]+$', expected: 'letters, digits and _.:/-' }),
    sourceType: oneOf(['Attribute', 'Header', 'Literal']),
  },
  { rules: [ofSource('Header', 'headerName'), ofSource('Literal', 'literalValue'), ofSource('Attribute', 'attributeKey')] },
);
export type TelemetryAttribute = Static<typeof attribute>;

/** In CEL: without traces nothing may be said of them. */
const whereEnabled = (field: string): Rule => ({
  rule: `has(self.${field}) ? self.mode == 'Enabled' : true`,
  message: `${field} can only be set when mode is Enabled`,
});

const parentBasedSampling = object({ mode, samplingRate: optional(fraction) }, { rules: [whereEnabled('samplingRate')] });

const backendRef = object(backendFields, {
  rules: [
    ...backendRules,
    {
      rule: `(self.group == '${EXPERIMENTS}' && self.kind == 'XBackend') ? !has(self.port) : true`,
      message: 'Must not have port for Backend reference',
    },
  ],
});

const provider = object({ backendRef, headers: optional(httpHeaders) });
export type TracingProvider = Static<typeof provider>;

const tracing = object(
  {
    attributes: optional(list(attribute, { listType: { map: ['name'] } })),
    mode,
    parentBasedSampling: optional(parentBasedSampling),
    provider: optional(provider),
    samplingRate: optional(fraction),
    serviceName: optional(text({ minLength: 1, maxLength: 253, pattern: '^[a-zA-Z0-9_.:/-]+$', expected: 'letters, digits and _.:/-' })),
    spanName: optional(
      text({
        minLength: 1,
        maxLength: 256,
        pattern: '^[a-zA-Z0-9_.:/-]+( [a-zA-Z0-9_.:/-]+)*$',
        expected: 'words of letters, digits and _.:/-, single blanks between them',
      }),
    ),
  },
  {
    rules: [
      {
        rule: "self.mode == 'Enabled' ? has(self.provider) : !has(self.provider)",
        message: 'provider is required when mode is Enabled, and must be empty otherwise',
      },
      ...['samplingRate', 'parentBasedSampling', 'serviceName', 'spanName', 'attributes'].map(whereEnabled),
    ],
  },
);
export type TelemetryTracing = Static<typeof tracing>;

const spec = object(
  { targetRefs: list(localObjectReference, { minItems: 1, maxItems: 16, listType: 'atomic' }), tracing: optional(tracing) },
  { rules: [{ rule: 'has(self.tracing)', message: 'at least one of the fields in [tracing] must be set' }] },
);

export const xTelemetryPolicy = kubernetesKind('XTelemetryPolicy', `${EXPERIMENTS}/v1alpha1`, { spec, status: optional(policyStatus) });
export type XTelemetryPolicy = Static<typeof xTelemetryPolicy>;
