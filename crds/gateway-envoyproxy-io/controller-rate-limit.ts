/** EnvoyGateway's service for global rate limits. Known, and not built yet. */
import { secretObjectReference } from '../gateway-api/names.ts';
import { defaulted, flag, int32, object, oneOf, optional, text } from '../schema.ts';
import { ownField, positiveDuration } from './controller-cluster.ts';

const secretKey = object(
  { name: text({ minLength: 1 }), key: text({ minLength: 1 }), optional: optional(flag()) },
  { rules: [{ rule: '!has(self.optional) || !self.optional', message: 'the Secret is needed; remove optional' }] },
);

const redis = object(
  {
    url: optional(
      text({
        sensitive: true,
        pattern: '^[^\\s,]+(,[^\\s,]+)*$',
        expected: 'host:port, or several of them with commas between',
      }),
    ),
    urlRef: optional(object({ secretKeyRef: secretKey })),
    tls: optional(object({ certificateRef: optional(secretObjectReference) })),
  },
  { rules: [{ rule: 'has(self.url) != has(self.urlRef)', message: 'exactly one of url and urlRef says where Redis is' }] },
);

const backend = object({ type: oneOf(['Redis']), redis: optional(redis) }, { rules: [ownField('Redis', 'redis')] });

const telemetry = object({
  metrics: optional(object({ prometheus: optional(object({ disable: defaulted(flag(), false) })) })),
  tracing: optional(
    object({
      samplingRate: defaulted(int32({ minimum: 0, maximum: 100 }), 100),
      provider: optional(object({ type: oneOf(['OpenTelemetry']), url: text({ minLength: 1 }) })),
    }),
  ),
});

export const controllerRateLimit = object({
  backend,
  timeout: defaulted(positiveDuration, '20ms'),
  failClosed: defaulted(flag(), false),
  telemetry: optional(telemetry),
});
