import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { jest } from '@jest/globals';
import { systemClock } from '../../operator/cluster/clock.ts';
import { ControlPlane } from '../../operator/control-plane.ts';
import { createLogging } from '../../operator/logging.ts';
import { ensureEnvoy } from '../../operator/standalone/envoy-binary.ts';
import { HostInfrastructure, xdsSocketIn } from '../../operator/standalone/host-infrastructure.ts';
import { openRuntimeDirectory } from '../../operator/standalone/runtime-directory.ts';
import { socketAddress } from '../../translators/envoy/address.ts';
import { buildBootstrap } from '../../translators/envoy/bootstrap.ts';
import { durationOf } from '../../translators/envoy/duration.ts';
import { DEFAULT_CONTROLLER_NAME } from '../../translators/settings.ts';
import { objectsOf } from '../../translators/testing/yaml-objects.ts';
import type { Transition } from '../../xds/fleet-hub.ts';
import { type Bootstrap, BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { Cluster_DiscoveryType, ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ApiConfigSource_ApiType, ApiVersion } from '../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { HttpProtocolOptionsSchema } from '../../xds/proto/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { FLEET, gatewayYaml } from '../harness/fleet.ts';
import { freePort } from '../harness/free-port.ts';
import { routeToYaml } from '../harness/route-yaml.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(60_000);

/** Between Envoy's answer to its first listeners and the start of its workers. */
const HELD_MS = 3000;
const LISTENER = 'default/gw/http';

const ROUTE = routeToYaml('a');

let folder: string;
let port: number;
let silent: Server;
let backends: Backends;
let controlPlane: ControlPlane;
let host: HostInfrastructure;
let transitions: Transition[];

/** Adds a listener whose routes never come, so that Envoy starts its workers late: it binds ports before that, and listens after. */
function withLateWorkers(bootstrap: Bootstrap, silentPort: number): Bootstrap {
  const http2 = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } } },
  });
  const cluster = create(ClusterSchema, {
    name: 'silent',
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: {
      clusterName: 'silent',
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: socketAddress('127.0.0.1', silentPort) } } }] }],
    },
    typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': anyPack(HttpProtocolOptionsSchema, http2) },
  });
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: 'late',
    routeSpecifier: {
      case: 'rds',
      value: {
        routeConfigName: 'never',
        configSource: {
          resourceApiVersion: ApiVersion.V3,
          initialFetchTimeout: durationOf(HELD_MS),
          configSourceSpecifier: {
            case: 'apiConfigSource',
            value: {
              apiType: ApiConfigSource_ApiType.GRPC,
              transportApiVersion: ApiVersion.V3,
              grpcServices: [{ targetSpecifier: { case: 'envoyGrpc', value: { clusterName: 'silent' } } }],
            },
          },
        },
      },
    },
    httpFilters: [{ name: 'router', configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) } }],
  });
  const listener = create(ListenerSchema, {
    name: 'late',
    address: socketAddress('127.0.0.1', 0),
    filterChains: [
      { filters: [{ name: 'http', configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) } }] },
    ],
  });
  bootstrap.staticResources?.clusters.push(cluster);
  bootstrap.staticResources?.listeners.push(listener);
  return bootstrap;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-'));
  port = await freePort();
  backends = await startBackends('a');
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const silentPort = (silent.address() as AddressInfo).port; // a TCP server's address
  const logger = createLogging({ encoder: 'Text', levels: { default: 'error' } }).component('infrastructure');
  transitions = [];
  controlPlane = new ControlPlane({
    controllerName: DEFAULT_CONTROLLER_NAME,
    bindAddress: '127.0.0.1',
    exclusivePorts: true,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  controlPlane.onTransition((transition) => transitions.push(transition));
  const objects = gatewayYaml(`{ name: http, port: ${port}, protocol: HTTP }`) + backendsYaml(backends, 'a') + ROUTE;
  for (const object of objectsOf(objects)) controlPlane.put(object);
  controlPlane.listed();
  await controlPlane.settled();
  const directory = await openRuntimeDirectory(folder, () => undefined);
  const xdsSocket = xdsSocketIn(directory);
  await controlPlane.listen({ unixSocket: xdsSocket });
  host = new HostInfrastructure({
    envoy: (await ensureEnvoy({ line: () => undefined, progress: () => undefined })).path,
    directory,
    xdsSocket,
    controlPlane,
    bootstrap: ({ fleet, node, adminSocket }) => {
      const usual = buildBootstrap({ nodeId: node, cluster: fleet, xds: { unixSocket: xdsSocket }, adminAddress: adminSocket });
      return toBinary(BootstrapSchema, withLateWorkers(usual, silentPort));
    },
    bindAddress: '127.0.0.1',
    addresses: ['127.0.0.1'],
    drainMs: 0,
    logger,
    clock: systemClock,
  });
});
afterAll(async () => {
  await host.stop();
  await controlPlane.close();
  await backends.stopAll();
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

const verdicts = () => transitions.filter(({ type, name }) => type === 'listener' && name === LISTENER).map(({ state }) => state);

interface Conditions {
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
}

const programmed = () => {
  const status = controlPlane.status('Gateway', FLEET) as Conditions | undefined; // it is the status of a Gateway
  return status?.conditions.find(({ type }) => type === 'Programmed');
};

test('a port that somebody takes between the binding and the listening is told on the object, and served once it is free', async () => {
  host.start();
  await until('Envoy has taken the listener', async () => verdicts().includes('synced') || undefined, { interval: 5 });
  const rival = createServer().listen(port, '127.0.0.1').unref();
  await once(rival, 'listening');

  const told = await until('the status tells it', async () => {
    const condition = programmed();
    return condition?.message.includes('errno') || condition?.message.includes('cannot bind') ? condition : undefined;
  });
  expect(told).toMatchObject({ status: 'False', reason: 'Invalid' });
  expect(told.message).toBe(`Envoy refused configuration: listener ${LISTENER}: cannot listen() errno=98 (address already in use).`);
  expect(verdicts()).toEqual(['synced', 'refused']);
  // In the meantime it is tried again: from then on Envoy refuses it in so many words.
  await until('it is tried again', async () => programmed()?.message.includes('cannot bind') || undefined);
  expect(programmed()).toMatchObject({ status: 'False', reason: 'Invalid' });

  rival.close();
  await until('it serves', async () => echoOf(await ask({ port, host: 'a.example.com' })).pod === 'a' || undefined);
  await until('the status tells it', async () => programmed()?.status === 'True' || undefined);
  expect(verdicts()).toEqual(['synced', 'refused', 'refused', 'synced']);
});
