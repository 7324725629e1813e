import type { HTTPHeader } from '../../../crds/gateway-api/http-header.ts';
import { EXPERIMENTS } from '../../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { BackendProtocol } from '../../ir/cluster-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { type Result, refused } from '../../ir/result.ts';
import type { SpanCollector } from '../../ir/tracing-node.ts';
import {
  type Backend,
  type BackendObjectRef,
  type BackendSources,
  permittedBackend,
  type Reference,
  reachedBy,
  resolveBackend,
} from '../backends/backend-ref.ts';
import { BACKEND_FIELD, HEADERS_FIELD } from './tracing-settings.ts';

/** Where a policy's spans go. */
export interface Collector {
  /** `<backendKey>/<port>`, whether or not there is one. */
  readonly reaches: readonly string[];
  readonly found: Result<Backend>;
}

/** Looked up from the policy's namespace; across namespaces by leave of a ReferenceGrant for XTelemetryPolicies. */
export function findCollector(sources: BackendSources, fetch: Fetch, namespace: string, backendRef: BackendObjectRef): Collector {
  const at: Reference = { group: EXPERIMENTS, kind: 'XTelemetryPolicy', namespace, field: BACKEND_FIELD, protocol: otlpProtocol };
  const permitted = permittedBackend(sources, fetch, at, backendRef);
  if (!permitted.ok) return { reaches: [], found: refused(ofPolicy(permitted.problem)) };
  const found = resolveBackend(sources, fetch, at, permitted.value);
  return { reaches: reachedBy(permitted.value), found: found.ok ? found : refused(ofPolicy(found.problem)) };
}

/** TelemetryPolicyConditionResolvedRefs prefers its own words. */
const ofPolicy = ({ type, reason, message }: Problem): Problem => ({
  type,
  reason: reason === 'PortNotFound' ? 'BackendNotFound' : reason,
  message: `${message} Until then it traces nothing.`,
});

/** The port that OTLP has over HTTP; 4317 is that over gRPC (OTLP specification, "Default Port"). */
const OTLP_HTTP = 4318;

/**
 * What the backend says that it speaks decides: `grpc` and HTTP/2 are OTLP over gRPC, other HTTP is OTLP over HTTP. Where it says nothing, the
 * port does, and all but 4318 is gRPC.
 */
const otlpProtocol = (port: number, said: string | undefined): BackendProtocol =>
  said?.toLowerCase().startsWith('http') === true || (said === undefined && port === OTLP_HTTP) ? 'http1' : 'http2';

export function spanCollector({ cluster, service, namespace, port }: Backend): SpanCollector {
  const host = cluster.dns?.hostname ?? `${service}.${namespace}`;
  return { cluster: cluster.name, authority: `${host}:${port}`, protocol: cluster.protocol === 'http2' ? 'grpc' : 'http' };
}

/** Over gRPC Envoy drops all spans where it cannot parse a value as a format, and an escaped `%` would arrive twice. */
export function headerProblem(headers: readonly HTTPHeader[], { cluster }: Backend): Problem | undefined {
  const index = cluster.protocol === 'http2' ? headers.findIndex(({ value }) => value.includes('%')) : -1;
  if (index < 0) return undefined;
  const message = `Field ${HEADERS_FIELD}[${index}].value has a %, which cannot be sent over gRPC; use a port for OTLP over HTTP, or a value without.`;
  return { type: 'Accepted', reason: 'Invalid', message };
}
