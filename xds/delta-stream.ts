import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Clock } from './clock.ts';
import { encodeResponse, readRequest } from './delta-message.ts';
import type { Limits } from './limits.ts';
import {
  type Authenticate,
  type Authorize,
  bearerOf,
  identify,
  type NodeIdentity,
  type Peer,
  type Refusal,
  type Verdict,
} from './node-identity.ts';
import type { DeltaDiscoveryRequest } from './proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { type DeltaResponse, ProxyState } from './proxy-state.ts';
import type { ProxyVerdict } from './proxy-type.ts';
import { RESOURCE_TYPES } from './resource.ts';
import type { Commit, ResourceCache } from './resource-cache.ts';
import type { WireMessage } from './wire-message.ts';

export type DeltaCall = ServerDuplexStream<DeltaDiscoveryRequest, WireMessage>;

/** What a stream needs of its server. */
export interface StreamHost {
  readonly cache: ResourceCache;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  /** The stream knows whose it is. */
  opened(stream: DeltaStream, node: NodeIdentity): void;
  closed(stream: DeltaStream, node: NodeIdentity): void;
  verdict(node: NodeIdentity, verdict: ProxyVerdict): void;
  /** What this proxy lost without knowing it, and why, by listener. */
  lossesOf(node: NodeIdentity): ReadonlyMap<string, string>;
  /** What the proxy has, or should have, may have changed. */
  moved(node: NodeIdentity): void;
  failed(error: unknown, node: NodeIdentity | undefined): void;
}

interface Session {
  readonly node: NodeIdentity;
  readonly state: ProxyState;
}

const STATUS_OF = { unauthenticated: status.UNAUTHENTICATED, unavailable: status.UNAVAILABLE, denied: status.PERMISSION_DENIED } as const;

const LATE: Refusal = { ok: false, why: 'unavailable', message: 'who this client is could not be found out in time: come again' };

const peerOf = (call: DeltaCall): Peer => ({
  address: call.getPeer(),
  certificate: call.getAuthContext().sslPeerCertificate,
  bearer: bearerOf(call.metadata.get('authorization')),
});

/**
 * One gRPC stream: bytes and time in, bytes out. Writes only while the transport takes them; what changes meanwhile is not
 * queued, the newest state goes when there is room again. An error in here ends this stream and no other.
 */
export class DeltaStream {
  readonly #call: DeltaCall;
  readonly #host: StreamHost;
  readonly #id: string;
  #session: Session | undefined;
  #closed = false;
  #blocked = false;
  #foreignNonces = 0;
  /** Answers to requests of types that are not served. */
  readonly #foreign: WireMessage[] = [];
  #cancelWake: () => void = () => undefined;
  #cancelVerdict: () => void = () => undefined;

  constructor(call: DeltaCall, host: StreamHost, id: string) {
    this.#call = call;
    this.#host = host;
    this.#id = id;
    call.on('drain', () => {
      this.#blocked = false;
      this.#guard(() => this.#flush());
    });
    call.on('end', () => this.end());
    for (const event of ['cancelled', 'error', 'close']) call.on(event, () => this.#close());
    this.#guard(() =>
      this.#judge(host.authenticate(peerOf(call)), () => {
        call.on('data', (request) => this.#guard(() => this.#receive(request)));
      }),
    );
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Takes a commit of this stream's fleet. */
  commit(commit: Commit): void {
    this.#guard(() => {
      if (commit.removed) {
        this.end();
        return;
      }
      this.#session?.state.commit(commit.changes, this.#host.clock.now());
      this.#flush();
    });
  }

  /** The proxy has lost a listener that it took; see `AdsServer.lostListener`. */
  lost(listener: string, message: string): void {
    this.#guard(() => {
      this.#session?.state.lost('listener', listener, message, this.#host.clock.now());
      this.#flush();
    });
  }

  /** Ends the stream in order; Envoy connects again, here or elsewhere. */
  end(): void {
    if (!this.#closed) this.#call.end();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelWake();
    this.#cancelVerdict();
    if (this.#session !== undefined) this.#host.closed(this, this.#session.node);
  }

  #refuse(code: status, details: string): void {
    this.#call.emit('error', Object.assign(new Error(details), { code, details }));
    this.#close();
  }

  #guard(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#host.failed(error, this.#session?.node);
      this.#refuse(status.INTERNAL, 'internal error of the xDS server');
    }
  }

  #receive(request: DeltaDiscoveryRequest): void {
    if (this.#session === undefined) this.#identify(request);
    else this.#take(this.#session, request);
  }

  #take({ node, state }: Session, request: DeltaDiscoveryRequest): void {
    const read = readRequest(request);
    if (read === undefined) {
      this.#answerForeign(request);
      return;
    }
    state.receive(read, this.#host.clock.now());
    this.#flush();
    this.#host.moved(node);
  }

  #identify(request: DeltaDiscoveryRequest): void {
    const node = identify(request.node);
    if (node === undefined) {
      this.#refuse(
        status.INVALID_ARGUMENT,
        'the first request of a stream needs node.id and node.cluster: start Envoy with --service-node and --service-cluster',
      );
      return;
    }
    this.#judge(this.#host.authorize(node, peerOf(this.#call)), () => this.#take(this.#open(node), request));
  }

  #judge(verdict: Verdict | Promise<Verdict>, then: () => void): void {
    if (verdict instanceof Promise) this.#await(verdict, then);
    else if (verdict.ok) then();
    else this.#refuse(STATUS_OF[verdict.why ?? 'denied'], verdict.message);
  }

  /** Nothing is read meanwhile, nor behind a refusal: what the client goes on to say waits with it and in the transport's window. */
  #await(verdict: Promise<Verdict>, then: () => void): void {
    const { clock, limits } = this.#host;
    this.#call.pause();
    this.#cancelVerdict = clock.setTimeout(() => this.#guard(() => this.#judge(LATE, then)), limits.verdictMs);
    const settled = (work: () => void): void => {
      this.#cancelVerdict();
      this.#guard(work);
      if (!this.#closed) this.#call.resume();
    };
    verdict.then(
      (given) => settled(() => this.#judge(given, then)),
      (error: unknown) =>
        settled(() => {
          throw error;
        }),
    );
  }

  #open(node: NodeIdentity): Session {
    const { cache, limits } = this.#host;
    const report = (said: ProxyVerdict): void => this.#host.verdict(node, said);
    const state = new ProxyState({ view: () => cache.view(node.fleet), limits, noncePrefix: this.#id, report });
    for (const [listener, message] of this.#host.lossesOf(node)) state.lost('listener', listener, message, this.#host.clock.now());
    const session = { node, state };
    this.#session = session;
    this.#host.opened(this, node);
    return session;
  }

  /** A type that is not served: all that is asked for does not exist. Silence would keep Envoy waiting. */
  #answerForeign({ typeUrl, resourceNamesSubscribe, responseNonce }: DeltaDiscoveryRequest): void {
    if (responseNonce !== '' && resourceNamesSubscribe.length === 0) return;
    this.#foreignNonces += 1;
    const removed = resourceNamesSubscribe.filter((name) => name !== '*');
    this.#foreign.push(encodeResponse({ typeUrl, nonce: `${this.#id}-x${this.#foreignNonces}`, entries: [], removed }));
    this.#flush();
  }

  #flush(): void {
    const state = this.#session?.state;
    if (state === undefined || this.#closed) return;
    const now = this.#host.clock.now();
    state.tick(now);
    if (!this.#blocked) this.#writeAll(state.next(now));
    this.#writeForeign();
    this.#wakeUp(state.wakeAt, now);
  }

  #writeAll(responses: Iterable<DeltaResponse>): void {
    for (const { type, nonce, resources, removed } of responses) {
      this.#write(encodeResponse({ typeUrl: RESOURCE_TYPES[type], nonce, entries: resources.map((resource) => resource.entry), removed }));
      if (this.#blocked) return;
    }
  }

  #writeForeign(): void {
    for (let bytes = this.#foreign[0]; bytes !== undefined && !this.#blocked; bytes = this.#foreign[0]) {
      this.#foreign.shift();
      this.#write(bytes);
    }
  }

  #write(message: WireMessage): void {
    // gRPC answers when HTTP/2 has handed all of it to the socket, and the socket to the system.
    const written = (error?: Error | null): void => {
      if (error === undefined || error === null) message.release();
    };
    if (!this.#call.write(message, written)) this.#blocked = true;
  }

  #wakeUp(at: number | undefined, now: number): void {
    this.#cancelWake();
    if (at === undefined) return;
    this.#cancelWake = this.#host.clock.setTimeout(() => this.#guard(() => this.#wake()), Math.max(0, at - now));
  }

  #wake(): void {
    this.#flush();
    if (this.#session !== undefined) this.#host.moved(this.#session.node);
  }
}
