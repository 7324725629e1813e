import { SPEC_WITHOUT_PROXY } from '../gateway-api/proxy/effective-proxy.ts';
import { DEFAULT_CONTROLLER_NAME, type Settings, unprivilegedPort } from '../settings.ts';

/** Of a controller in a cluster, without what differs from one to the next. */
export const SETTINGS: Settings = {
  controllerName: DEFAULT_CONTROLLER_NAME,
  bindPort: unprivilegedPort,
  bindAddress: '0.0.0.0',
  exclusivePorts: false,
};

/** The same with everything that a controller in a cluster may ask of its proxies. */
export const CLUSTER_SETTINGS: Settings = {
  ...SETTINGS,
  readyPort: 19_003,
  fellows: { namespace: 'infra' },
  controlPlane: { host: 'envoy-gateway.infra.svc.cluster.local.', port: 18_000 },
  envoyProxy: { ...SPEC_WITHOUT_PROXY, concurrency: 1 },
};
