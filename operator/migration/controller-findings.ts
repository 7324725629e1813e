import type { KubernetesObject } from '../../crds/object-meta.ts';
import { fieldsOf } from '../infrastructure/kubernetes/json-fields.ts';
import { type Finding, subject } from './finding.ts';

/** Of the controller and of all that its chart made (contract D.1). */
const CONTROLLER = 'envoy-gateway';

/** Made by the chart of Gatehouse, which calls itself so in the labels of what it makes. */
export const isOfGatehouse = ({ metadata: { labels = {} } }: KubernetesObject): boolean => labels['app.kubernetes.io/name'] === 'gatehouse';

/** The controller of today: while it runs it holds the Lease; while it is there the chart cannot make its own under the same names. */
export function controllerFindings(objects: readonly KubernetesObject[], namespace: string): readonly Finding[] {
  return objects
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === CONTROLLER && metadata.namespace === namespace)
    .filter((object) => !isOfGatehouse(object))
    .map((object): Finding => {
      const runs = fieldsOf(object.spec)['replicas'] !== 0;
      const clash =
        "Deployment and Service have the names of those that Gatehouse's chart makes, and Helm takes over nothing of another release";
      return {
        severity: 'differs',
        code: runs ? 'ControllerRunning' : 'ControllerInstalled',
        object: subject(object),
        message: runs ? `It runs and holds the Lease that Gatehouse waits for. Its ${clash}.` : `It is stopped. Its ${clash}.`,
        cure: `${removal(object, namespace)} before you install Gatehouse (docs/migration.md). Proxies go on with what they have.`,
      };
    });
}

/** Helm writes down whose a thing is. */
function removal({ metadata: { annotations = {} } }: KubernetesObject, namespace: string): string {
  const { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': where = namespace } = annotations;
  return release === undefined
    ? `Delete it, its Service and its ConfigMap ${CONTROLLER}-config`
    : `Take its release away (helm uninstall ${release} --namespace ${where})`;
}
