import { create } from '@bufbuild/protobuf';
import { type Listener, ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { HealthCheckSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { socketAddress } from './address.ts';
import { pack } from './pack.ts';

/** What the listener binds. */
export interface ReadyListenerNode {
  readonly kind: 'ReadyListener';
  readonly bindAddress: string;
  readonly ipv6Only: boolean;
  readonly port: number;
}

export const readyListenerName = ({ bindAddress, port }: ReadyListenerNode): string => `envoy-gateway-proxy-ready-${bindAddress}-${port}`;

/**
 * Answers `/ready` to the kubelet (contract C.7): 200 once this listener is there, so not before the first configuration, 503 from the
 * moment on that the proxy was told to fail its health checks. Everything else is 500.
 */
export function buildReadyListener(node: ReadyListenerNode): Listener {
  const manager = pack(HttpConnectionManagerSchema, {
    statPrefix: 'eg-ready-http',
    routeSpecifier: {
      case: 'routeConfig',
      value: {
        name: 'ready_route',
        virtualHosts: [
          {
            name: 'ready_route',
            domains: ['*'],
            routes: [
              {
                match: { pathSpecifier: { case: 'prefix', value: '/' } },
                action: { case: 'directResponse', value: { status: 500 } },
              },
            ],
          },
        ],
      },
    },
    httpFilters: [
      { name: 'envoy.filters.http.health_check', configType: { case: 'typedConfig', value: HEALTH_CHECK } },
      { name: 'envoy.filters.http.router', configType: { case: 'typedConfig', value: pack(RouterSchema) } },
    ],
  });
  return create(ListenerSchema, {
    name: readyListenerName(node),
    address: socketAddress(node.bindAddress, node.port, node.ipv6Only),
    bypassOverloadManager: true,
    filterChains: [
      { filters: [{ name: 'envoy.filters.network.http_connection_manager', configType: { case: 'typedConfig', value: manager } }] },
    ],
  });
}

const HEALTH_CHECK = pack(HealthCheckSchema, {
  passThroughMode: false,
  headers: [{ name: ':path', headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: '/ready' } } } }],
});
