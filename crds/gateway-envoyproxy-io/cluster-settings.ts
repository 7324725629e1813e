/** The settings of the connection to a backend; the same wherever a backend is named. */
import { fraction } from '../gateway-api/fraction.ts';
import { duration } from '../gateway-api/names.ts';
import { defaulted, flag, int32, integer, list, object, oneOf, optional, type Static, text } from '../schema.ts';
import { healthCheck } from './health-check.ts';
import { loadBalancer } from './load-balancer.ts';
import { quantity } from './names.ts';

const ceiling = integer({ format: 'int64', minimum: 0, maximum: 4_294_967_295 });

const circuitBreaker = object({
  maxConnections: defaulted(ceiling, 1024),
  maxParallelRequests: defaulted(ceiling, 1024),
  maxParallelRetries: defaulted(ceiling, 1024),
  maxPendingRequests: defaulted(ceiling, 1024),
  maxRequestsPerConnection: optional(ceiling),
  perEndpoint: optional(object({ maxConnections: defaulted(ceiling, 1024) })),
  retryBudget: optional(object({ minRetryConcurrency: optional(int32()), percent: fraction })),
});

const connection = object({
  bufferLimit: optional(quantity),
  preconnect: optional(
    object({
      perEndpointPercent: optional(int32({ minimum: 100, maximum: 300 })),
      predictivePercent: optional(int32({ minimum: 100 })),
    }),
  ),
  socketBufferLimit: optional(quantity),
});

const dns = object({
  dnsRefreshRate: optional(duration),
  lookupFamily: optional(oneOf(['IPv4', 'IPv6', 'IPv4Preferred', 'IPv6Preferred', 'IPv4AndIPv6'])),
  respectDnsTtl: optional(flag()),
});

const http2 = object({
  connectionKeepalive: optional(
    object(
      {
        idleInterval: optional(duration),
        interval: optional(duration),
        intervalJitter: optional(int32({ minimum: 0, maximum: 100 })),
        timeout: optional(duration),
      },
      {
        rules: [
          {
            rule: '!has(self.timeout) || !has(self.interval) || duration(self.timeout) < duration(self.interval)',
            message: 'timeout must be less than interval',
          },
        ],
      },
    ),
  ),
  initialConnectionWindowSize: optional(quantity),
  initialStreamWindowSize: optional(quantity),
  maxConcurrentStreams: optional(int32({ minimum: 1, maximum: 2_147_483_647 })),
  onInvalidMessage: optional(text({ description: 'TerminateConnection or TerminateStream.' })),
});

const RETRY_TRIGGERS = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const;

const retry = object({
  numAttemptsPerPriority: optional(int32()),
  numRetries: defaulted(int32({ minimum: 0 }), 2),
  perRetry: optional(
    object({
      backOff: optional(object({ baseInterval: optional(duration), maxInterval: optional(duration) })),
      timeout: optional(duration),
    }),
  ),
  retryOn: optional(
    object({
      httpStatusCodes: optional(list(integer({ minimum: 100, maximum: 599 }))),
      triggers: optional(list(oneOf(RETRY_TRIGGERS))),
    }),
  ),
});

const timeout = object({
  http: optional(
    object({
      connectionIdleTimeout: optional(duration),
      maxConnectionDuration: optional(duration),
      maxStreamDuration: optional(duration),
      requestTimeout: optional(duration),
      streamIdleTimeout: optional(duration),
    }),
  ),
  tcp: optional(object({ connectTimeout: optional(duration) })),
});

export const clusterSettings = object(
  {
    circuitBreaker: optional(circuitBreaker),
    connection: optional(connection),
    dns: optional(dns),
    healthCheck: optional(healthCheck),
    http2: optional(http2),
    loadBalancer: optional(loadBalancer),
    proxyProtocol: optional(object({ version: oneOf(['V1', 'V2']) })),
    retry: optional(retry),
    tcpKeepalive: optional(object({ idleTime: optional(duration), interval: optional(duration), probes: optional(int32()) })),
    timeout: optional(timeout),
  },
  {
    rules: [
      {
        rule: "!((has(self.connection) && has(self.connection.preconnect) && has(self.connection.preconnect.predictivePercent)) && !(has(self.loadBalancer) && has(self.loadBalancer.type) && self.loadBalancer.type in ['Random', 'RoundRobin']))",
        message: 'predictivePercent in preconnect policy only works with RoundRobin or Random load balancers',
      },
    ],
  },
);
export type ClusterSettings = Static<typeof clusterSettings>;
