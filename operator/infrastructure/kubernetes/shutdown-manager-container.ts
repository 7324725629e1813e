import { POD_ENVIRONMENT, probes, SECURITY_CONTEXT } from './container.ts';
import type { FleetContext } from './fleet-context.ts';
import { SHUTDOWN_PORT } from './proxy-ports.ts';
import { shutdownTimes } from './shutdown.ts';

export const SHUTDOWN_VOLUME = 'shutdown-manager';

/** Drains the proxy before the pod goes: its preStop does the work, and the proxy's waits for it. */
export function shutdownManagerContainer({ infra, options }: FleetContext): object {
  const { flags, managerFlags } = shutdownTimes(infra.proxy);
  return {
    name: 'shutdown-manager',
    image: options.shutdownManagerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['gatehouse'],
    args: ['envoy', 'shutdown-manager', ...managerFlags],
    env: POD_ENVIRONMENT,
    lifecycle: { preStop: { exec: { command: ['gatehouse', 'envoy', 'shutdown', ...flags] } } },
    ...probes('/healthz', SHUTDOWN_PORT, { periodSeconds: 10, failureThreshold: 3 }),
    resources: { requests: { cpu: '10m', memory: '32Mi' } },
    securityContext: SECURITY_CONTEXT,
    volumeMounts: [{ name: SHUTDOWN_VOLUME, mountPath: '/tmp' }],
  };
}
