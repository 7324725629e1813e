import { type ChannelCredentials, type ChannelOptions, Client, type ServiceError, status } from '@grpc/grpc-js';
import { REPORT_METHOD } from '../replicas/deliveries-service.ts';
import { encodeReport } from '../replicas/report.ts';

/** How to reach the control plane, and what to show it. */
export interface ReportChannel {
  readonly credentials: ChannelCredentials;
  readonly options?: ChannelOptions;
}

/** Says one thing to the control plane at `address` as the replica `b` does; resolves with the status of the answer. */
export async function reportOnce(address: string, { credentials, options }: ReportChannel): Promise<status> {
  const client = new Client(address, credentials, options);
  try {
    return await new Promise((resolve) => {
      const raw = (bytes: Buffer): Buffer => bytes;
      const answer = (error: ServiceError | null): void => resolve(error?.code ?? status.OK);
      const call = client.makeClientStreamRequest(REPORT_METHOD, raw, raw, answer);
      call.write(encodeReport({ replica: 'b', whole: true }));
      call.end();
    });
  } finally {
    client.close();
  }
}
