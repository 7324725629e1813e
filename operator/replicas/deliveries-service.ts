import { type ServerReadableStream, type ServiceDefinition, type sendUnaryData, status } from '@grpc/grpc-js';
import type { Peer } from '../../xds/node-identity.ts';
import type { GrpcService } from '../../xds/server.ts';
import { decodeReport, type Report } from './report.ts';

/** The one method: a replica streams what its proxies took and refused for as long as it lives. */
export const REPORT_METHOD = '/gatehouse.replica.v1.Deliveries/Report';

/** Whether a peer is a replica of this operator. The message goes to the peer. */
export type AuthorizeReplica = (peer: Peer) => { readonly ok: true } | { readonly ok: false; readonly message: string };

type Call = ServerReadableStream<Buffer, Buffer>;

const raw = (bytes: Buffer): Buffer => bytes;

const DEFINITION: ServiceDefinition = {
  report: {
    path: REPORT_METHOD,
    requestStream: true,
    responseStream: false,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  },
};

/** The leader's ear. Streams are taken only while it listens; whoever comes at another time is told to look for the leader. */
export class DeliveriesService {
  readonly #authorize: AuthorizeReplica;
  /** Open streams, and how each is answered. */
  readonly #calls = new Map<Call, sendUnaryData<Buffer>>();
  #receive: ((stream: object, report: Report) => void) | undefined;

  constructor(authorize: AuthorizeReplica) {
    this.#authorize = authorize;
  }

  get service(): GrpcService {
    return {
      definition: DEFINITION,
      implementation: { report: (call: Call, answer: sendUnaryData<Buffer>) => this.#accept(call, answer) },
    };
  }

  /** Undefined: not the leader (any more); all streams are ended. */
  listen(receive: ((stream: object, report: Report) => void) | undefined): void {
    this.#receive = receive;
    if (receive !== undefined) return;
    for (const call of [...this.#calls.keys()]) this.#refuse(call, status.UNAVAILABLE, 'it does not lead any more');
  }

  #accept(call: Call, answer: sendUnaryData<Buffer>): void {
    this.#calls.set(call, answer);
    const verdict = this.#authorize({ address: call.getPeer(), certificate: call.getAuthContext().sslPeerCertificate });
    if (!verdict.ok) this.#refuse(call, status.PERMISSION_DENIED, verdict.message);
    else if (this.#receive === undefined) this.#refuse(call, status.UNAVAILABLE, 'it does not lead');
    else call.on('data', (bytes: Buffer) => this.#take(call, bytes));
    for (const event of ['cancelled', 'error']) call.on(event, () => this.#calls.delete(call));
    call.on('end', () => this.#finish(call, (reply) => reply(null, Buffer.alloc(0))));
  }

  #take(call: Call, bytes: Buffer): void {
    if (!this.#calls.has(call)) return;
    try {
      this.#receive?.(call, decodeReport(bytes));
    } catch (error) {
      this.#refuse(call, status.INVALID_ARGUMENT, `the report cannot be read: ${String(error)}`);
    }
  }

  #refuse(call: Call, code: status, details: string): void {
    this.#finish(call, (reply) => reply({ code, details }));
  }

  #finish(call: Call, how: (reply: sendUnaryData<Buffer>) => void): void {
    const reply = this.#calls.get(call);
    this.#calls.delete(call);
    if (reply !== undefined) how(reply);
  }
}
