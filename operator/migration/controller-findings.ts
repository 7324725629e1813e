import type { KubernetesObject } from '../../crds/object-meta.ts';
import { fieldsOf } from '../infrastructure/kubernetes/json-fields.ts';
import { type Finding, subject } from './finding.ts';

/** Of the controller and of all that its chart made (contract D.1). */
const CONTROLLER = 'envoy-gateway';

/** The controller of today: while it runs it holds the Lease, and serves proxies that ask for the Service. */
export function controllerFindings(objects: readonly KubernetesObject[], namespace: string): readonly Finding[] {
  return objects
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === CONTROLLER && metadata.namespace === namespace)
    .flatMap((object): readonly Finding[] => {
      const replicas = fieldsOf(object.spec)['replicas'] ?? 1;
      if (replicas === 0) return [];
      const message =
        'It runs. Its Lease is the one that Gatehouse waits for, its Deployment and Service have the names of those that the chart makes, and Deployments of two charts have other selectors.';
      const cure = 'Scale it to 0, then delete it, before the chart is installed (docs/migration.md). Proxies go on with what they have.';
      return [{ severity: 'differs', code: 'ControllerRunning', object: subject(object), message, cure }];
    });
}
