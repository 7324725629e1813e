import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { type OverloadManager, OverloadManagerSchema } from '../../xds/proto/gen/envoy/config/overload/v3/overload_pb.ts';
import { DownstreamConnectionsConfigSchema } from '../../xds/proto/gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts';
import { FixedHeapConfigSchema } from '../../xds/proto/gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.ts';
import { durationOf } from './duration.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';

const HEAP = 'envoy.resource_monitors.fixed_heap';
const CONNECTIONS = 'envoy.resource_monitors.global_downstream_max_connections';
const MAX_CONNECTIONS = 50_000n;

type Monitor = NonNullable<MessageInit<typeof OverloadManagerSchema>['resourceMonitors']>[number];
type Action = NonNullable<MessageInit<typeof OverloadManagerSchema>['actions']>[number];

/** Protects a proxy from too many connections and, where its memory is known, from running out of it (contract D.7). */
export function overloadManager(maxHeapBytes: number | undefined): OverloadManager {
  const connections = monitor(CONNECTIONS, pack(DownstreamConnectionsConfigSchema, { maxActiveDownstreamConnections: MAX_CONNECTIONS }));
  return create(OverloadManagerSchema, {
    refreshInterval: durationOf(250),
    resourceMonitors: maxHeapBytes === undefined ? [connections] : [connections, heapMonitor(maxHeapBytes)],
    actions: maxHeapBytes === undefined ? [] : [atHeap('shrink_heap', 0.95), atHeap('stop_accepting_requests', 0.98)],
  });
}

const heapMonitor = (maxHeapBytes: number): Monitor =>
  monitor(HEAP, pack(FixedHeapConfigSchema, { maxHeapSizeBytes: BigInt(maxHeapBytes) }));

const monitor = (name: string, config: Any): Monitor => ({ name, configType: { case: 'typedConfig', value: config } });

/** @param share of the memory that may be used */
const atHeap = (action: string, share: number): Action => ({
  name: `envoy.overload_actions.${action}`,
  triggers: [{ name: HEAP, triggerOneof: { case: 'threshold', value: { value: share } } }],
});
