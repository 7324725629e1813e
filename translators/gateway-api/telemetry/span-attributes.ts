import type { TelemetryAttribute } from '../../../crds/gateway-api/x-telemetry-policy.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import type { SpanAttribute } from '../../ir/tracing-node.ts';

const cel = (expression: string): string => `%CEL(${expression})%`;

/**
 * Attributes of OpenTelemetry's semantic conventions that Envoy 1.40 has the value of, as the conventions want it, in Envoy's words. What it has in
 * other words only is not here (`http.route`; `server.port`: that of the proxy is not the Gateway's).
 */
const FORMATS: Readonly<Record<string, string>> = {
  'client.address': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  'client.port': '%DOWNSTREAM_REMOTE_PORT%',
  'host.name': '%HOSTNAME%',
  'http.request.body.size': '%BYTES_RECEIVED%',
  'http.request.method': '%REQ(:METHOD)%',
  'http.request.size': cel('request.total_size'),
  'http.response.body.size': '%BYTES_SENT%',
  'http.response.size': cel('response.total_size'),
  'http.response.status_code': '%RESPONSE_CODE%',
  'network.local.address': '%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%',
  'network.local.port': '%DOWNSTREAM_LOCAL_PORT%',
  'network.peer.address': '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
  'network.peer.port': '%DOWNSTREAM_DIRECT_REMOTE_PORT%',
  'network.protocol.name': 'http',
  'network.protocol.version': cel(
    'request.protocol == "HTTP/2" ? "2" : request.protocol == "HTTP/1.1" ? "1.1" : request.protocol == "HTTP/3" ? "3" : "1.0"',
  ),
  'network.transport': 'tcp',
  'rpc.grpc.status_code': '%GRPC_STATUS_NUMBER%',
  'tls.client.issuer': '%DOWNSTREAM_PEER_ISSUER%',
  'tls.client.not_after': '%DOWNSTREAM_PEER_CERT_V_END%',
  'tls.client.not_before': '%DOWNSTREAM_PEER_CERT_V_START%',
  'tls.client.server_name': '%REQUESTED_SERVER_NAME%',
  'tls.client.subject': '%DOWNSTREAM_PEER_SUBJECT%',
  'tls.server.subject': '%DOWNSTREAM_LOCAL_SUBJECT%',
  'url.full': '%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%',
  'url.path': '%PATH(NQ)%',
  'url.query': cel('request.query'),
  'url.scheme': '%REQ(:SCHEME)%',
  'user_agent.original': '%REQ(USER-AGENT)%',
};

/** Conventions that have a header in their name. */
const REQUEST_HEADER = 'http.request.header.';
const RESPONSE_HEADER = 'http.response.header.';

/** All that there are, sorted, as messages and the docs list them. */
export const KNOWN_ATTRIBUTES: readonly string[] = [...Object.keys(FORMATS), `${REQUEST_HEADER}<name>`, `${RESPONSE_HEADER}<name>`].sort();

/** @param field path of the list, for messages */
export function spanAttributes(attributes: readonly TelemetryAttribute[], field: string): Result<readonly SpanAttribute[]> {
  const resolved: SpanAttribute[] = [];
  for (const [index, attribute] of attributes.entries()) {
    const one = spanAttribute(attribute);
    if (one === undefined) return refused(unknown(`${field}[${index}].attributeKey`, attribute.attributeKey ?? ''));
    resolved.push(one);
  }
  return ok(resolved);
}

function spanAttribute({
  name,
  sourceType,
  literalValue = '',
  headerName = '',
  attributeKey = '',
}: TelemetryAttribute): SpanAttribute | undefined {
  switch (sourceType) {
    case 'Literal':
      return { name, source: 'literal', value: literalValue };
    case 'Header':
      return { name, source: 'header', value: headerName.toLowerCase() };
    case 'Attribute': {
      const value = formatOf(attributeKey);
      return value === undefined ? undefined : { name, source: 'format', value };
    }
  }
}

function formatOf(key: string): string | undefined {
  if (Object.hasOwn(FORMATS, key)) return FORMATS[key];
  if (key.length > REQUEST_HEADER.length && key.startsWith(REQUEST_HEADER)) return `%REQ(${key.slice(REQUEST_HEADER.length)})%`;
  if (key.length > RESPONSE_HEADER.length && key.startsWith(RESPONSE_HEADER)) return `%RESP(${key.slice(RESPONSE_HEADER.length)})%`;
  return undefined;
}

const unknown = (field: string, key: string): Problem => ({
  type: 'Accepted',
  reason: 'Invalid',
  message: `Field ${field}: the proxies do not have ${key}; use one of ${KNOWN_ATTRIBUTES.join(', ')}, or take the value from a header.`,
});
