/** What is written for each request and connection, in which format, and where to. */
import { defaulted, flag, int32, list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { goesWith } from './load-balancer.ts';
import { backendClusterFields, backendRefRules, exportHeaders, reachable, resourceAttributes } from './telemetry-backend.ts';

/** In CEL: of `text` and `json`, a set type asks for its own and refuses the other. */
const formatRules = (type: string, own: string, other: string): readonly Rule[] => [
  {
    rule: `has(self.type) && self.type == '${type}' ? has(self.${own}) : true`,
    message: `If AccessLogFormat type is ${type}, ${own} field needs to be set.`,
  },
  {
    rule: `has(self.type) && self.type == '${type}' ? !has(self.${other}) : true`,
    message: `If AccessLogFormat type is ${type}, ${other} field must not be set.`,
  },
];

const format = object(
  { json: optional(map(text())), text: optional(text()), type: optional(oneOf(['Text', 'JSON'])) },
  {
    rules: [
      ...formatRules('Text', 'text', 'json'),
      ...formatRules('JSON', 'json', 'text'),
      {
        rule: '!has(self.type) ? (has(self.text) || has(self.json)) : true',
        message: 'If AccessLogFormat type is unset, at least one of text or json must be set.',
      },
    ],
  },
);

const als = object(
  {
    ...backendClusterFields,
    http: optional(
      object({
        requestHeaders: optional(list(text())),
        responseHeaders: optional(list(text())),
        responseTrailers: optional(list(text())),
      }),
    ),
    logName: optional(text({ minLength: 1 })),
    type: oneOf(['HTTP', 'TCP']),
  },
  {
    description: "Envoy's gRPC access log service.",
    rules: [
      { rule: "self.type == 'HTTP' || !has(self.http)", message: 'The http field may only be set when type is HTTP.' },
      { rule: 'has(self.backendRefs) && self.backendRefs.size() > 0', message: 'must have at least one backend in backendRefs' },
      ...backendRefRules,
    ],
  },
);

const openTelemetry = object(
  {
    ...backendClusterFields,
    headers: optional(exportHeaders),
    host: optional(text({ description: 'Deprecated: use backendRefs.' })),
    port: defaulted(int32({ minimum: 0 }), 4317),
    resourceAttributes: optional(resourceAttributes),
    resources: optional(map(text(), { description: 'Deprecated: use resourceAttributes.' })),
  },
  {
    rules: [
      reachable,
      ...backendRefRules,
      {
        rule: '!has(self.resources) || !has(self.resourceAttributes)',
        message: 'either resources or resourceAttributes can be set, not both',
      },
    ],
  },
);

const sink = object(
  {
    als: optional(als),
    file: optional(object({ path: optional(text({ minLength: 1 })) })),
    openTelemetry: optional(openTelemetry),
    type: optional(oneOf(['ALS', 'File', 'OpenTelemetry'])),
  },
  {
    rules: [
      goesWith('ALS', 'als', 'If AccessLogSink type is ALS, als field needs to be set.'),
      goesWith('File', 'file', 'If AccessLogSink type is File, file field needs to be set.'),
      goesWith('OpenTelemetry', 'openTelemetry', 'If AccessLogSink type is OpenTelemetry, openTelemetry field needs to be set.'),
    ],
  },
);

const setting = object({
  format: optional(format),
  matches: optional(list(text(), { maxItems: 10, description: 'CEL expressions; a line is written where all of them hold.' })),
  sinks: list(sink, { minItems: 1, maxItems: 50 }),
  type: optional(oneOf(['Listener', 'Route', 'Upstream'], { description: 'The component that writes; all of them when unset.' })),
});

export const accessLog = object({
  disable: optional(flag()),
  settings: optional(list(setting, { minItems: 1, maxItems: 50 })),
});
export type ProxyAccessLog = Static<typeof accessLog>;
