import { credentials } from '@grpc/grpc-js';
import type { ReplicaOptions } from './replica.ts';
import { REPLICA_NAME } from './replica-identity.ts';

/** PEM, of the Secret `envoy-gateway`: a replica is known by the same certificate as client and as server. */
export interface ReplicaCertificate {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** The way to the leader by mutual TLS. It is called by its pod's address, and has to prove the name of the control plane. */
export const replicaChannel = ({ ca, certificate, key }: ReplicaCertificate): ReturnType<NonNullable<ReplicaOptions['channel']>> => ({
  credentials: credentials.createSsl(ca, key, certificate),
  options: { 'grpc.ssl_target_name_override': REPLICA_NAME, 'grpc.default_authority': REPLICA_NAME },
});
