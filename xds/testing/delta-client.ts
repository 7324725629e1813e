import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { NodeSchema } from '../proto/gen/envoy/config/core/v3/base_pb.ts';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  type DeltaDiscoveryRequestSchema as RequestSchema,
} from '../proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES, type ResourceType } from '../resource.ts';

const METHOD = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const BARRIER_TYPE = 'type.googleapis.com/barrier';

type Request = MessageInitShape<typeof RequestSchema>;

/** A response in plain words. `resources`: name to version. */
export interface Received {
  readonly type: ResourceType;
  readonly nonce: string;
  readonly resources: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
}

export interface Identity {
  readonly id: string;
  readonly cluster: string;
  readonly version: readonly [number, number, number];
}

export interface Ask {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly held?: Readonly<Record<string, string>>;
}

/** What is called, and over what. */
export interface Way {
  readonly method: string;
  readonly channel: { readonly credentials: ChannelCredentials; readonly options?: ChannelOptions };
  /** Sees each response as it came. */
  readonly onBytes: (bytes: Buffer) => void;
  /** Sent as `authorization`. */
  readonly authorization: string;
}

const INSECURE: Way['channel'] = { credentials: credentials.createInsecure() };

const DEFAULT_IDENTITY: Identity = { id: 'proxy-1', cluster: 'fleet', version: [1, 40, 0] };

/**
 * A proxy that does what the test says, over a real connection. What it gets waits in order until it is taken;
 * `settle` waits until the server has said all that it has to say.
 */
export class DeltaClient {
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Uint8Array, DeltaDiscoveryResponse>;
  readonly #identity: Identity;
  #received: Received[] = [];
  #barriers = 0;
  #wake: () => void = () => undefined;
  #passed = 0;
  #named = false;
  #unsent = 0;
  #status: { readonly code: number; readonly details: string } | undefined;

  constructor(target: string, identity: Partial<Identity> = {}, way: Partial<Way> = {}) {
    const { method = METHOD, channel = INSECURE, onBytes, authorization } = way;
    this.#identity = { ...DEFAULT_IDENTITY, ...identity };
    this.#client = new Client(target, channel.credentials, { 'grpc.max_receive_message_length': -1, ...channel.options });
    const decode = (bytes: Buffer): DeltaDiscoveryResponse => {
      onBytes?.(bytes);
      return fromBinary(DeltaDiscoveryResponseSchema, bytes);
    };
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    this.#call = this.#client.makeBidiStreamRequest(method, (bytes: Uint8Array) => Buffer.from(bytes), decode, metadata);
    this.#call.on('data', (response: DeltaDiscoveryResponse) => this.#receive(response));
    this.#call.on('error', (error: ServiceError) => this.#end(error.code, error.details));
    this.#call.on('status', ({ code, details }) => this.#end(code, details));
  }

  /** How the stream ended; undefined while it is open. */
  get status(): { readonly code: number; readonly details: string } | undefined {
    return this.#status;
  }

  /** Messages that the transport has not taken, because the server does not read. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Subscribes and unsubscribes, answering nothing. */
  ask(type: ResourceType, { subscribe = [], unsubscribe = [], held = {} }: Ask = {}): void {
    const names = { resourceNamesSubscribe: [...subscribe], resourceNamesUnsubscribe: [...unsubscribe] };
    this.#send({ typeUrl: RESOURCE_TYPES[type], ...names, initialResourceVersions: { ...held } });
  }

  ack({ type, nonce }: Received, { subscribe = [], unsubscribe = [] }: Ask = {}): void {
    const names = { resourceNamesSubscribe: [...subscribe], resourceNamesUnsubscribe: [...unsubscribe] };
    this.#send({ typeUrl: RESOURCE_TYPES[type], ...names, responseNonce: nonce });
  }

  nack({ type, nonce }: Received, message: string): void {
    this.#send({ typeUrl: RESOURCE_TYPES[type], responseNonce: nonce, errorDetail: { code: 13, message } });
  }

  /** Answers when everything that the server sent so far is here, or the stream has ended. */
  async settle(): Promise<void> {
    // One turn for what the server does at the end of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    this.#barriers += 1;
    const barrier = this.#barriers;
    this.#send({ typeUrl: BARRIER_TYPE, resourceNamesSubscribe: [`${barrier}`] });
    while (this.#passed < barrier && this.#status === undefined) await this.#woken();
  }

  /** What came since the last call, of all types or of one. */
  async take(type?: ResourceType): Promise<readonly Received[]> {
    await this.settle();
    const taken = this.#received.filter((received) => type === undefined || received.type === type);
    this.#received = this.#received.filter((received) => !taken.includes(received));
    return taken;
  }

  /** The only response that came since the last call; throws when it is none or not the only one. */
  async one(type?: ResourceType): Promise<Received> {
    const [first, ...others] = await this.take(type);
    if (first === undefined || others.length > 0) throw new Error(`one response expected, got ${JSON.stringify([first, ...others])}`);
    return first;
  }

  /** Stops reading, so that the server's writes pile up on the connection. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** Waits for the end of the stream. */
  async ended(): Promise<{ readonly code: number; readonly details: string }> {
    while (this.#status === undefined) await this.#woken();
    return this.#status;
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }

  #send(request: Request): void {
    const message = create(DeltaDiscoveryRequestSchema, request);
    if (!this.#named) message.node = create(NodeSchema, this.#node());
    this.#named = true;
    this.#unsent += 1;
    this.#call.write(toBinary(DeltaDiscoveryRequestSchema, message), () => {
      this.#unsent -= 1;
    });
  }

  #node(): MessageInitShape<typeof NodeSchema> {
    const [majorNumber, minorNumber, patch] = this.#identity.version;
    const version = { majorNumber, minorNumber, patch };
    return {
      id: this.#identity.id,
      cluster: this.#identity.cluster,
      userAgentVersionType: { case: 'userAgentBuildVersion', value: { version } },
    };
  }

  #receive({ typeUrl, nonce, resources, removedResources }: DeltaDiscoveryResponse): void {
    if (typeUrl === BARRIER_TYPE) this.#passed = Number(removedResources[0]);
    else {
      const versions = Object.fromEntries(resources.map(({ name, version }) => [name, version]));
      this.#received.push({ type: typeOf(typeUrl), nonce, resources: versions, removed: removedResources });
    }
    this.#wake();
  }

  #end(code: number, details: string): void {
    this.#status ??= { code, details };
    this.#wake();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function typeOf(url: string): ResourceType {
  const found = Object.entries(RESOURCE_TYPES).find(([, known]) => known === url)?.[0];
  if (found === undefined) throw new Error(`the server sent the type ${url}`);
  return found as ResourceType; // Object.entries forgets the key type
}
