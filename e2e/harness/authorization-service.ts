import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from '../../xds/proto/gen/envoy/service/auth/v3/external_auth_pb.ts';
import { listenOnLoopback } from './loopback.ts';

/** What an authorization service was told of a request. */
export interface Inquiry {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AuthorizationService {
  readonly port: number;
  readonly inquiries: readonly Inquiry[];
  readonly stop: () => Promise<void>;
}

/** Lets pass whoever shows this in `authorization`. */
export const PASSWORD = 'open sesame';

/**
 * Both add the header that `x-answer` of the request asks for (`name=value`).
 *
 * Over HTTP: 200 with headers for the backend, else 401 with some for the client; `authorization: break` is a 500, `authorization: hang` is
 * never answered.
 */
export async function startHttpAuthorization(): Promise<AuthorizationService> {
  const inquiries: Inquiry[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      inquiries.push({ method, path: url, headers, body });
      const [name, value] = wantedOf(headers['x-answer']);
      if (name !== undefined && value !== undefined) response.setHeader(name, value);
      answer(headers.authorization, response);
    });
  });
  return { ...(await listenOnLoopback(server)), inquiries };
}

function answer(authorization: string | undefined, response: ServerResponse): void {
  if (authorization === 'hang') return;
  response.setHeader('x-checked', 'yes').setHeader('x-other', 'other');
  if (authorization === 'break') response.writeHead(500).end('broken');
  else if (authorization === PASSWORD) response.writeHead(200).end('this is the answer of the service, which nobody reads');
  else response.writeHead(401, { 'www-authenticate': 'Basic' }).end('who are you?');
}

const wantedOf = (asked: string | readonly string[] | undefined): readonly string[] => (typeof asked === 'string' ? asked.split('=') : []);

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  return Buffer.concat(parts).toString();
}

/** Over gRPC, Envoy's protocol. */
export async function startGrpcAuthorization(): Promise<AuthorizationService> {
  const inquiries: Inquiry[] = [];
  const check = ({ request }: ServerUnaryCall<CheckRequest, CheckResponse>, callback: sendUnaryData<CheckResponse>): void => {
    const { method = '', path = '', headers = {}, body = '' } = request.attributes?.request?.http ?? {};
    inquiries.push({ method, path, headers, body });
    callback(null, verdictOn(headers['authorization'], wantedOf(headers['x-answer'])));
  };
  const server = new Server();
  server.addService(
    {
      check: {
        path: '/envoy.service.auth.v3.Authorization/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: CheckRequest) => Buffer.from(toBinary(CheckRequestSchema, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(CheckRequestSchema, bytes),
        responseSerialize: (message: CheckResponse) => Buffer.from(toBinary(CheckResponseSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(CheckResponseSchema, bytes),
      },
    },
    { check },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return {
    port,
    inquiries,
    stop: async () => server.forceShutdown(),
  };
}

function verdictOn(authorization: string | undefined, [key, value]: readonly string[]): CheckResponse {
  const PERMISSION_DENIED = 7;
  if (authorization !== PASSWORD) {
    return create(CheckResponseSchema, {
      status: { code: PERMISSION_DENIED },
      httpResponse: { case: 'deniedResponse', value: { status: { code: 401 }, body: 'who are you?' } },
    });
  }
  const wanted = key === undefined || value === undefined ? [] : [{ header: { key, value } }];
  return create(CheckResponseSchema, {
    status: { code: 0 },
    httpResponse: { case: 'okResponse', value: { headers: [{ header: { key: 'x-checked', value: 'yes' } }, ...wanted] } },
  });
}
