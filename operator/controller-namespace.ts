import { readFileSync } from 'node:fs';

const OF_THE_POD = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const DEFAULT = 'envoy-gateway-system';

/** Where the controller itself is (contract C.1): what ENVOY_GATEWAY_NAMESPACE says, else the namespace of the pod, else the one of an installation by default. */
export function controllerNamespace(environment: NodeJS.ProcessEnv = process.env, file = OF_THE_POD): string {
  const named = environment['ENVOY_GATEWAY_NAMESPACE'];
  if (named) return named;
  try {
    return readFileSync(file, 'utf8').trim() || DEFAULT;
  } catch {
    // Not in a pod.
    return DEFAULT;
  }
}
