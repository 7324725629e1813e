import { certifiedNames } from '../certificates/certified-names.ts';
import type { AuthorizeReplica } from './deliveries-service.ts';

/** The name in the control plane's own certificate (contract C.8: Secret `envoy-gateway`); those of proxies have others. */
export const REPLICA_NAME = 'envoy-gateway';

/** Lets in whoever proved to hold the control plane's own certificate; nobody without one. */
export const authorizeReplica: AuthorizeReplica = ({ certificate }) => {
  if (certifiedNames(certificate).includes(REPLICA_NAME)) return { ok: true };
  return { ok: false, message: `only replicas of the control plane may report: the client certificate lacks the name ${REPLICA_NAME}` };
};
