/** How a backend's endpoints are found to be sick: by asking them (active) and by watching traffic (passive). */
import { duration, portNumber, preciseHostname } from '../gateway-api/names.ts';
import { defaulted, flag, int32, integer, list, object, oneOf, optional, type Static, text } from '../schema.ts';
import { goesWith } from './load-balancer.ts';

const percent = int32({ minimum: 0, maximum: 100 });
const status = integer({ minimum: 100, maximum: 599 });

const payload = object(
  { binary: optional(text({ format: 'byte' })), text: optional(text()), type: oneOf(['Text', 'Binary']) },
  {
    rules: [
      goesWith('Text', 'text', 'If payload type is Text, text field needs to be set.'),
      goesWith('Binary', 'binary', 'If payload type is Binary, binary field needs to be set.'),
    ],
  },
);

/** Which health check events are written, and where to. */
export const healthCheckLog = object({
  matches: optional(
    list(oneOf(['Failure', 'FailureSeriesStart', 'Success', 'HealthyTransition']), {
      maxItems: 4,
      listType: 'set',
      rules: [
        {
          rule: "self.exists(e, e == 'Failure' || e == 'FailureSeriesStart') == self.exists(e, e == 'Success' || e == 'HealthyTransition')",
          message: 'a failure type and a success type must both be specified together',
        },
      ],
    }),
  ),
  sinks: optional(
    list(
      object(
        { file: optional(object({ path: text({ minLength: 1 }) })), type: oneOf(['File']) },
        { rules: [goesWith('File', 'file', 'If ProxyHealthCheckLogSink type is File, file field needs to be set.')] },
      ),
      { maxItems: 1 },
    ),
  ),
});
export type HealthCheckLog = Static<typeof healthCheckLog>;

const http = object(
  {
    expectedResponse: optional(payload),
    expectedStatuses: optional(list(status)),
    hostname: optional(preciseHostname),
    method: optional(text({ maxLength: 16 })),
    path: text({ minLength: 1, maxLength: 1024 }),
    requestBody: optional(payload),
    retriableStatuses: optional(list(status)),
  },
  {
    rules: [
      {
        rule: "!has(self.requestBody) || (has(self.method) && self.method.upperAscii() in ['POST','PUT'])",
        message: 'The requestBody field can only be set when method is POST or PUT.',
      },
    ],
  },
);

const active = object(
  {
    grpc: optional(object({ service: optional(text()) })),
    healthCheckLog: optional(healthCheckLog),
    healthyThreshold: defaulted(int32({ minimum: 1 }), 1),
    http: optional(http),
    initialJitter: optional(duration),
    interval: defaulted(duration, '3s'),
    overrides: optional(object({ port: optional(portNumber) })),
    tcp: optional(object({ receive: optional(payload), send: optional(payload) })),
    timeout: defaulted(duration, '1s'),
    type: oneOf(['HTTP', 'TCP', 'GRPC']),
    unhealthyThreshold: defaulted(int32({ minimum: 1 }), 3),
  },
  {
    rules: [
      goesWith('HTTP', 'http', 'If Health Checker type is HTTP, http field needs to be set.'),
      goesWith('TCP', 'tcp', 'If Health Checker type is TCP, tcp field needs to be set.'),
      {
        rule: "has(self.grpc) ? self.type == 'GRPC' : true",
        message: 'The grpc field can only be set if the Health Checker type is GRPC.',
      },
    ],
  },
);

const passive = object({
  alwaysEjectOneEndpoint: defaulted(flag(), false),
  baseEjectionTime: defaulted(duration, '30s'),
  consecutive5XxErrors: defaulted(int32(), 5),
  consecutiveGatewayErrors: optional(int32()),
  consecutiveLocalOriginFailures: defaulted(int32(), 5),
  failurePercentageThreshold: optional(percent),
  interval: defaulted(duration, '3s'),
  maxEjectionPercent: defaulted(percent, 10),
  splitExternalLocalOriginErrors: defaulted(flag(), false),
});

export const healthCheck = object({ active: optional(active), panicThreshold: optional(percent), passive: optional(passive) });
export type HealthCheck = Static<typeof healthCheck>;
