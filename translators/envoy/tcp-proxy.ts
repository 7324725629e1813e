import { create } from '@bufbuild/protobuf';
import { type TcpProxy, TcpProxySchema } from '../../xds/proto/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import type { StreamFilterNode } from '../ir/stream-node.ts';
import { requestLog } from './access-log.ts';
import { streamShares } from './stream-backends.ts';

/** Passes a connection on to a backend, which is chosen once, when it comes. */
export function buildTcpProxy({ statPrefix, accessLog, backends }: Omit<StreamFilterNode, 'kind' | 'name'>): TcpProxy {
  const shares = streamShares(backends);
  const [only, ...others] = shares;
  return create(TcpProxySchema, {
    statPrefix,
    clusterSpecifier:
      others.length === 0
        ? { case: 'cluster', value: only.name }
        : { case: 'weightedClusters', value: { clusters: shares.map(({ name, weight }) => ({ name, weight })) } },
    accessLog: accessLog ? [requestLog()] : [],
  });
}
