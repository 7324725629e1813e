import { hash } from 'node:crypto';
import type { BackendProtocol, BackendTls, RetryBudget } from '../../ir/cluster-node.ts';
import type { Transport } from '../../ir/transport.ts';
import { backendKey, externalReach } from './backend-object.ts';

/** What makes two clusters of one backend differ. */
export interface ClusterSettings {
  readonly protocol: BackendProtocol;
  readonly tls: BackendTls | undefined;
  readonly retryBudget?: RetryBudget | undefined;
  readonly hostname?: string;
}

const DEFAULTS: ClusterSettings = { protocol: 'http1', tls: undefined };

/** A port of a Service, of a ServiceImport, or that of an XBackend. */
export interface BackendPort {
  readonly namespace: string;
  readonly service: string;
  readonly imported?: true;
  readonly external?: true;
  readonly port: number;
  /** Default: TCP. */
  readonly transport?: Transport;
}

/** The endpoints of a backend, whatever the settings. */
export function loadAssignmentName({ namespace, service, imported, external, port, transport }: BackendPort): string {
  const key = `${namespace}/${service}`;
  const backend = external ? externalReach(key) : backendKey({ service: key, ...(imported ? { imported } : {}) });
  return `${backend}/${port}${transport === 'UDP' ? '/udp' : ''}`;
}

/** Backend identity, and a hash where the settings are not the default ones: the same wherever and in whatever order it is used. */
export function clusterName(backend: string, settings: ClusterSettings): string {
  const differing = Object.entries(settings)
    .filter(([name, value]) => DEFAULTS[name as keyof ClusterSettings] !== value)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return differing.length === 0 ? backend : `${backend}/${hash('sha256', JSON.stringify(differing)).slice(0, 8)}`;
}
