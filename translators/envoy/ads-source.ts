import { create } from '@bufbuild/protobuf';
import { ApiVersion, type ConfigSource, ConfigSourceSchema } from '../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import { durationOf } from './duration.ts';

/**
 * "Ask the aggregated stream." After `initialFetchTimeoutMs` (0: never) Envoy gives up waiting and activates what is half configured:
 * a listener without routes answers 404 or breaks handshakes, although the one that it replaces still worked. So listeners wait.
 */
export function adsSource(initialFetchTimeoutMs: number): ConfigSource {
  return create(ConfigSourceSchema, {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: 'ads', value: {} },
    initialFetchTimeout: durationOf(initialFetchTimeoutMs),
  });
}

/** For what an older, working version stands in while it is fetched: listeners, clusters, routes, secrets. */
export const WAIT_FOR_EVER = 0;

/**
 * Secrets of clusters: one that never comes (a file of the proxy's machine that is not there) must not hold up the start of an Envoy. Its
 * cluster then answers 503. The same for all, because Envoy shares what it was told by name and source.
 */
export const SECRETS_WAIT_MS = 60_000;

/**
 * Endpoints: a warming cluster holds up the ACK of all clusters and Envoy's start, so the wait is bounded. It is longer than the first
 * load of ten thousand clusters takes; a cluster that changed then goes on with the endpoints that Envoy has cached (bootstrap.ts).
 */
export const ENDPOINTS_WAIT_MS = 60_000;
