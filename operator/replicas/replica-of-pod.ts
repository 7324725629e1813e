import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { durationMs } from '../../translators/gateway-api/duration.ts';
import { loadKubeClient } from '../cluster/kube-client.ts';
import { ELECTION_TIMES, type ElectionTimes } from '../cluster/leader-election.ts';
import { alwaysLeading, type Leadership } from '../cluster/leadership.ts';
import { informed, Replica, type ReplicaOptions } from './replica.ts';

/** EnvoyGateway `leaderElection` (contract B.2); durations as in `15s`. */
export interface ElectionSettings {
  readonly disable?: boolean;
  readonly leaseDuration?: string;
  readonly renewDeadline?: string;
  readonly retryPeriod?: string;
}

export interface PodReplicaOptions extends Pick<ReplicaOptions, 'deliveries' | 'service' | 'channel' | 'logger'> {
  /** Undefined: there is but one replica. */
  readonly settings: ElectionSettings | undefined;
  readonly kubeconfig?: string;
  /** Of the xDS server, once it listens. */
  readonly xdsPort: () => number | undefined;
}

/** This process among the replicas, whether or not there are others. */
export interface PodReplica {
  readonly leadership: Leadership;
  informed(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** One that has no others beside it. */
const alone = (deliveries: ReplicaOptions['deliveries']): PodReplica => ({
  leadership: alwaysLeading,
  informed: () => informed(deliveries),
  start: () => undefined,
  stop: async () => undefined,
});

/** The replica that this pod is: by POD_NAME, POD_IP (without it other replicas cannot report to it) and ENVOY_GATEWAY_NAMESPACE, where the Lease lives. */
export function replicaOfPod({ settings, kubeconfig, xdsPort, ...options }: PodReplicaOptions): PodReplica {
  if (settings === undefined || settings.disable === true) return alone(options.deliveries);
  const { POD_NAME, POD_IP, ENVOY_GATEWAY_NAMESPACE } = process.env;
  if (!POD_IP) {
    options.logger.warn('POD_IP is not set, so other replicas cannot tell this one what their proxies run: set it from status.podIP.');
  }
  // A client of its own: renewals must not wait behind thousands of statuses, nor be held back by their rate.
  const client = loadKubeClient(kubeconfig === undefined ? {} : { kubeconfig });
  const replica = new Replica({
    ...options,
    client,
    namespace: ENVOY_GATEWAY_NAMESPACE ?? 'envoy-gateway-system',
    identity: `${POD_NAME ?? hostname()}_${randomUUID()}`,
    address: () => reachableAt(POD_IP, xdsPort()),
    times: electionTimes(settings),
  });
  const stop = async (): Promise<void> => {
    await replica.stop();
    await client.close();
  };
  return { leadership: replica.leadership, informed: () => replica.informed(), start: () => replica.start(), stop };
}

export function reachableAt(ip: string | undefined, port: number | undefined): string | undefined {
  if (!ip || port === undefined) return undefined;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The configuration's schema has checked that they are durations. */
export function electionTimes({ leaseDuration, renewDeadline, retryPeriod }: ElectionSettings): ElectionTimes {
  const time = (text: string | undefined, otherwise: number): number => (text === undefined ? undefined : durationMs(text)) ?? otherwise;
  return {
    leaseMs: time(leaseDuration, ELECTION_TIMES.leaseMs),
    renewMs: time(renewDeadline, ELECTION_TIMES.renewMs),
    retryMs: time(retryPeriod, ELECTION_TIMES.retryMs),
  };
}
