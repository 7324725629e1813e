import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, toJson } from '@bufbuild/protobuf';
import { ControlPlane, type ControlPlaneOptions } from '../../operator/control-plane.ts';
import { buildBootstrap } from '../../translators/envoy/bootstrap.ts';
import { ENVOY_TYPES } from '../../translators/envoy/type-registry.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import { DEFAULT_CONTROLLER_NAME } from '../../translators/settings.ts';
import { objectsOf } from '../../translators/testing/yaml-objects.ts';
import type { NodeState } from '../../xds/fleet-hub.ts';
import type { Limits } from '../../xds/limits.ts';
import { BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { type EnvoyProcess, startEnvoy } from './envoy-process.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface FleetOptions {
  /** Objects to begin with, as YAML: the Gateway is `default/gw`, its class as in `gatewayYaml`. */
  readonly objects: string;
  /** Ports of the Gateway's listeners, now or later; each is bound at a free port of this machine. */
  readonly ports?: readonly number[];
  readonly limits?: Partial<Limits>;
  /** How the proxies are run, as in a cluster. */
  readonly proxies?: NonNullable<ControlPlaneOptions['proxies']>;
  /** What stands before Envoy's command (`EnvoyOptions`). */
  readonly enter?: readonly string[];
  /** Changes what Envoy starts with. */
  readonly bootstrap?: (bootstrap: JsonObject) => JsonObject;
}

/** A control plane in this process and a real Envoy that it serves over a Unix socket. */
export interface Fleet {
  readonly envoy: EnvoyProcess;
  /** The one that runs now; `restart` makes another. */
  readonly controlPlane: () => ControlPlane;
  /** Where a port of the Gateway is bound. */
  readonly port: (gatewayPort: number) => number;
  /** Puts objects, or takes one out, and returns at once. While no control plane runs, it is for the next one to begin with. */
  readonly put: (yaml: string) => void;
  readonly drop: (kind: string, key: string) => void;
  /** Puts objects and waits until Envoy has taken all that follows from them. */
  readonly apply: (yaml: string) => Promise<void>;
  /** Takes an object out and waits likewise. */
  readonly remove: (kind: string, key: string) => Promise<void>;
  /** Waits until Envoy holds or has refused everything. Removals that wait for their grace are not waited for. */
  readonly synced: () => Promise<void>;
  /** Ends the control plane and, after `meanwhile`, starts another with the objects as they are then. */
  readonly restart: (meanwhile?: () => Promise<void>) => Promise<void>;
  /** A counter or gauge of Envoy; 0 where it is not there. */
  readonly stat: (name: string) => Promise<number>;
  /** Clusters that Envoy has from the control plane, sorted. */
  readonly clusters: () => Promise<readonly string[]>;
  /** What the control plane said. */
  readonly log: readonly string[];
  readonly stop: () => Promise<void>;
}

export const FLEET = 'default/gw';

/** A class and the Gateway `default/gw` with these listeners, each a YAML flow mapping. */
export const gatewayYaml = (...listeners: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: gatehouse }
spec: { controllerName: ${DEFAULT_CONTROLLER_NAME} }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  gatewayClassName: gatehouse
  listeners:
${listeners.map((listener) => `    - ${listener}\n`).join('')}`;

const CLOSE_MS = 1000;

export async function startFleet({
  objects,
  ports = [80],
  limits,
  proxies,
  enter,
  bootstrap = (same) => same,
}: FleetOptions): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'gh-fleet-'));
  const socket = join(folder, 'xds.sock');
  const bound = await boundPorts(ports);
  const catalog = new Map<string, ReturnType<typeof objectsOf>[number]>();
  const log: string[] = [];
  const say = (message: string, fields?: object): unknown =>
    log.push(fields === undefined ? message : `${message} ${JSON.stringify(fields)}`);

  const begin = async (): Promise<ControlPlane> => {
    const begun = new ControlPlane({
      controllerName: DEFAULT_CONTROLLER_NAME,
      bindAddress: '127.0.0.1',
      bindPort: (port) => portOf(bound, port),
      ...(limits === undefined ? {} : { limits }),
      ...(proxies === undefined ? {} : { proxies }),
      logger: { info: say, warn: say, error: say },
    });
    for (const object of catalog.values()) begun.put(object);
    begun.listed();
    begun.observe(FLEET, { proxies: 1, ready: 1, addresses: ['127.0.0.1'] });
    await begun.settled();
    await begun.listen({ unixSocket: socket });
    return begun;
  };
  const put = (yaml: string): void => {
    for (const object of objectsOf(yaml)) {
      catalog.set(`${object.kind} ${objectKey(object)}`, object);
      current?.put(object);
    }
  };
  const drop = (kind: string, key: string): void => {
    catalog.delete(`${kind} ${key}`);
    current?.remove(kind, key);
  };

  let current: ControlPlane | undefined;
  put(objects);
  current = await begin();
  const controlPlane = (): ControlPlane => {
    if (current === undefined) throw new Error('the control plane is not running');
    return current;
  };
  const envoy = await startEnvoy({
    bootstrap: bootstrap(bootstrapJson(socket)),
    ...(enter === undefined ? {} : { enter }),
    flags: ['--concurrency', '2', '--log-level', 'warning'],
  });
  const synced = (): Promise<void> => untilSynced(controlPlane());
  const stop = async (): Promise<void> => {
    await envoy.stop();
    await current?.close(CLOSE_MS);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await envoy.ready();
    await synced();
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${log.join('\n')}\n${envoy.logs().slice(-4000)}`);
  }
  return {
    envoy,
    controlPlane,
    port: (port) => portOf(bound, port),
    put,
    drop,
    synced,
    log,
    stop,
    apply: async (yaml) => {
      put(yaml);
      await synced();
    },
    remove: async (kind, key) => {
      drop(kind, key);
      await synced();
    },
    restart: async (meanwhile) => {
      await current?.close(CLOSE_MS);
      current = undefined;
      await meanwhile?.();
      current = await begin();
      await synced();
    },
    stat: async (name) => statOf(name, await envoy.admin(`/stats?filter=${encodeURIComponent(`^${name.replaceAll('.', '\\.')}$`)}`)),
    clusters: async () => clustersOf(JSON.parse(await envoy.admin('/config_dump?resource=dynamic_active_clusters')) as ClusterDump),
  };
}

async function boundPorts(ports: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const bound = new Map<number, number>();
  for (const port of ports) bound.set(port, await freePort());
  return bound;
}

function portOf(bound: ReadonlyMap<number, number>, port: number): number {
  const found = bound.get(port);
  if (found === undefined) throw new Error(`port ${port} is not among the ports of the fleet: ${[...bound.keys()].join(', ')}`);
  return found;
}

/** What an Envoy of the fleet starts with, as `startEnvoy` takes it. */
export function bootstrapJson(unixSocket: string): JsonObject {
  const message = buildBootstrap({ nodeId: 'envoy-1', cluster: FLEET, xds: { unixSocket }, adminAddress: '127.0.0.1:0' });
  return toJson(BootstrapSchema, message, { registry: ENVOY_TYPES }) as JsonObject; // the JSON of a message is an object
}

/** Committed, sent and answered: until then an answer of Envoy says nothing about what was put. */
async function untilSynced(controlPlane: ControlPlane): Promise<void> {
  await controlPlane.settled();
  let pending = '';
  await until(
    'Envoy has taken everything',
    async () => {
      const { nodes } = controlPlane.server.fleetState(FLEET);
      pending = nodes.length === 0 ? 'it is not connected' : nodes.flatMap(pendingAt).join(', ');
      if (pending !== '') throw new Error(pending);
      return true;
    },
    { interval: 5 },
  );
}

function pendingAt({ types }: NodeState): readonly string[] {
  if (!types.cluster.subscribed || !types.listener.subscribed) return ['its subscriptions'];
  return Object.entries(types).flatMap(([type, { pending }]) => pending.map((name) => `${type} ${name}`));
}

function statOf(name: string, stats: string): number {
  const line = stats.split('\n').find((each) => each.startsWith(`${name}: `));
  return line === undefined ? 0 : Number(line.slice(name.length + 2));
}

/** What of envoy.admin.v3.ConfigDump is read here; Envoy wrote the JSON. */
interface ClusterDump {
  readonly configs?: readonly { readonly cluster: { readonly name: string } }[];
}

const clustersOf = ({ configs = [] }: ClusterDump): readonly string[] => configs.map(({ cluster }) => cluster.name).sort();
