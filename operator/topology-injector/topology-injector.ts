import { Counter, type Registry } from 'prom-client';
import type { CertificateFolder } from '../certificates/certificate-folder.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { type Endpoint, type EndpointAddress, portError } from '../endpoints/bound-server.ts';
import { answerTo, type Binding, parseBinding } from './admission-review.ts';
import { listenHttps } from './webhook-server.ts';
import { type ZoneSource, zoneOfBinding } from './zone-of-binding.ts';

export interface InjectorOptions extends ZoneSource {
  readonly address: EndpointAddress;
  readonly certificates: CertificateFolder;
  readonly registry: Registry;
  readonly logger: ControlPlaneLogger;
}

/** Less than the API server waits (the chart's `timeoutSeconds`). */
const LOOKUP_MS = 3_000;
/** Whoever reaches the port may ask, and each question asks the API server twice: more at a time are let through without. */
const MOST_LOOKUPS = 64;

type Outcome = 'success' | 'no_action' | 'failure';

/**
 * Tells proxies their zone when they are bound to a node (contract C.9): a webhook of the API server for `pods/binding`. It never keeps a pod from its node:
 * where the zone cannot be found out, the pod goes without. Rejects with words for people when the port is taken.
 */
export async function startTopologyInjector({ address, certificates, registry, logger, ...source }: InjectorOptions): Promise<Endpoint> {
  const events = new Counter({
    name: 'topology_injector_webhook_events_total',
    help: 'Bindings of pods to nodes that the topology injector was asked about.',
    labelNames: ['status'],
    registers: [registry],
  });
  const count = (status: Outcome): void => events.inc({ status });
  let lookups = 0;
  const zoneOf = async (binding: Binding): Promise<string | undefined> => {
    if (lookups >= MOST_LOOKUPS) throw new Error(`${MOST_LOOKUPS} other pods are being asked for`);
    lookups += 1;
    return await zoneOfBinding(binding, source, AbortSignal.timeout(LOOKUP_MS)).finally(() => {
      lookups -= 1;
    });
  };
  const answer = async (body: string): Promise<object | undefined> => {
    const binding = parseBinding(body);
    if (binding === undefined) {
      count('failure');
      return undefined;
    }
    try {
      const zone = await zoneOf(binding);
      count(zone === undefined ? 'no_action' : 'success');
      return answerTo(binding, zone);
    } catch (error) {
      count('failure');
      tell(logger, binding, error);
      return answerTo(binding, undefined);
    }
  };
  try {
    const endpoint = await listenHttps(address, { path: '/inject-pod-topology', certificates, answer });
    logger.info(`topology injector on port ${endpoint.port}`);
    return endpoint;
  } catch (error) {
    // A failed `listen` has a code.
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw portError('topology injector', address, { code, flag: '--webhook-port' });
  }
}

function tell(logger: ControlPlaneLogger, { pod, namespace, node }: Binding, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  const fields = { kind: 'Pod', namespace, name: pod.slice(namespace.length + 1), node };
  logger.warn(`Pod ${pod} goes to node ${node} without being told its zone: ${why}. Delete the pod to have it asked again.`, fields);
}
