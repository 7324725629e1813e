import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ChannelOptions,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Clock, systemClock } from './clock.ts';
import { decodeRequest } from './delta-message.ts';
import { type DeltaCall, DeltaStream } from './delta-stream.ts';
import { FleetHub, type FleetState, type LostListener, type Observers } from './fleet-hub.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type Authenticate, type Authorize, authenticateAll, authorizeAll } from './node-identity.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { WireMessage } from './wire-message.ts';

export interface AdsServerOptions extends Observers {
  readonly cache: ResourceCache;
  readonly clock?: Clock;
  readonly limits?: Partial<Limits>;
  /** Whether a peer is anybody at all, before anything that it says is read. Default: the transport has seen to that. */
  readonly authenticate?: Authenticate;
  /** Whether a peer may be the node that it says it is. Default: everyone may, which is right only where the transport keeps others out. */
  readonly authorize?: Authorize;
  /** gRPC's options that differ from ours. */
  readonly channel?: ChannelOptions;
  /** Further services at the same addresses, with the same credentials; each has to authorize its callers itself. */
  readonly services?: readonly GrpcService[];
}

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A TCP address `host:port` (port 0: any free one), or the path of a Unix socket. */
export type ListenAt = { readonly address: string; readonly credentials: ServerCredentials } | { readonly path: string };

/** Node's stream of discovery: dead peers are noticed within a minute, and a reconnecting proxy may list what it holds. */
const CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService';

const passThrough = (bytes: Buffer): Buffer => bytes;

/** Responses are encoded already. The cast: of a serialized message gRPC uses what a WireMessage has, `byteLength` and `copy` (server.test.ts holds it so). */
const asBuffer = (message: WireMessage): Buffer => message as unknown as Buffer;

const METHODS: ServiceDefinition = {
  deltaAggregatedResources: {
    path: `${SERVICE}/DeltaAggregatedResources`,
    requestStream: true,
    responseStream: true,
    requestSerialize: passThrough,
    requestDeserialize: decodeRequest,
    responseSerialize: asBuffer,
    responseDeserialize: passThrough,
  },
  streamAggregatedResources: {
    path: `${SERVICE}/StreamAggregatedResources`,
    requestStream: true,
    responseStream: true,
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  },
};

/**
 * The aggregated discovery service, delta variant (xDS protocol, "Incremental xDS"): sends each fleet's proxies what the cache
 * holds for them, in an order that never breaks traffic. Knows the resources by type, name and version only.
 */
export class AdsServer {
  readonly #hub: FleetHub;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #socketPaths: string[] = [];
  // Nonces of another stream, also of an earlier run, must not be mistaken for one's own.
  readonly #run = randomBytes(4).toString('hex');
  #streams = 0;

  constructor(options: AdsServerOptions) {
    const { cache, clock = systemClock, limits, services = [], channel, ...others } = options;
    const { authenticate = authenticateAll, authorize = authorizeAll, ...observers } = others;
    this.#server = new Server({ ...CHANNEL_OPTIONS, ...channel });
    this.#clock = clock;
    this.#hub = new FleetHub({ cache, clock, limits: { ...DEFAULT_LIMITS, ...limits }, authenticate, authorize, observers });
    this.#server.addService(METHODS, {
      deltaAggregatedResources: (call: DeltaCall) => this.#accept(call),
      streamAggregatedResources: (call: DeltaCall) => refuseStateOfTheWorld(call),
    });
    for (const { definition, implementation } of services) this.#server.addService(definition, implementation);
  }

  /** Begins to accept. Answers the port, 0 for a Unix socket. May be called for several addresses. Throws when the address cannot be bound. */
  listen(at: ListenAt): Promise<number> {
    return 'path' in at ? this.#listenOnSocket(at.path) : this.#bind(at.address, at.credentials);
  }

  /** What the connected proxies of a fleet have not taken. */
  fleetState(fleet: string): FleetState {
    return this.#hub.fleetState(fleet);
  }

  /**
   * A proxy dropped a listener after its ACK, as Envoy does where listen() fails once its workers start or the listener is warm; xDS has no word for it, so
   * whoever reads the proxy's log says it here. It counts as refused, and is sent again until the proxy keeps it.
   */
  lostListener(lost: LostListener): void {
    this.#hub.lostListener(lost);
  }

  /** Ends all streams in order; what has not gone after `graceMs` is cut. */
  async close(graceMs: number): Promise<void> {
    this.#hub.close();
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimeout(() => this.#server.forceShutdown(), graceMs);
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
    for (const path of this.#socketPaths) await rm(path, { force: true });
  }

  #accept(call: DeltaCall): void {
    this.#streams += 1;
    new DeltaStream(call, this.#hub, `${this.#run}-${this.#streams}`);
  }

  #bind(address: string, credentials: ServerCredentials): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  /** The socket is made where only we can reach it and gets its name when it has its mode. It replaces one that a dead process left. */
  async #listenOnSocket(path: string): Promise<number> {
    const folder = await mkdtemp(join(dirname(path), '.x'));
    try {
      const hidden = join(folder, 's');
      await this.#bind(`unix:${hidden}`, ServerCredentials.createInsecure());
      await chmod(hidden, 0o600);
      await rename(hidden, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    this.#socketPaths.push(path);
    return 0;
  }
}

function refuseStateOfTheWorld(call: DeltaCall): void {
  const details = 'this server speaks the delta variant only: set api_type to DELTA_GRPC in ads_config';
  call.emit('error', Object.assign(new Error(details), { code: status.UNIMPLEMENTED, details }));
}
