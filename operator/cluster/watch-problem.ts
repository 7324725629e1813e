import { CERTIFICATES } from '../../crds/kubernetes/cluster-trust-bundle.ts';
import type { KubernetesError } from './kubernetes-error.ts';
import { apiVersionOf, type ResourceKind, resourceName } from './resource-kind.ts';

/** Why objects of a kind cannot be followed, for logs, readiness and the conditions of what depends on them. */
export interface WatchProblem {
  readonly kind: ResourceKind;
  /** `Forbidden`, `NotServed`, `Unreachable`, `Timeout`, or the server's own reason. */
  readonly reason: string;
  /** What is wrong and what cures it. */
  readonly message: string;
}

/** `namespace`: only there; undefined: in the whole cluster. */
export const explain = (kind: ResourceKind, error: KubernetesError, namespace?: string): WatchProblem => {
  const name = resourceName(kind);
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  switch (error.status) {
    case 403:
      return {
        kind,
        reason: 'Forbidden',
        message: `${name} may not be listed and watched${where}. Grant the verbs get, list and watch on ${name}${where} to the operator's service account. ${error.message}`,
      };
    case 401:
      return {
        kind,
        reason: 'Unauthorized',
        message: `The API server does not accept our credentials. Check the kubeconfig. ${error.message}`,
      };
    case 404:
      return {
        kind,
        reason: 'NotServed',
        message: `The cluster has no kind ${kind.kind} in ${apiVersionOf(kind)}. ${cureOf(kind, name)}`,
      };
    default:
      return { kind, reason: error.reason, message: `${name} cannot be followed${where}, trying again. ${error.message}` };
  }
};

/** For conditions of what depends on objects that may not be read: why, and the cure, without a full stop. `namespace`: as in `explain`. */
export const lackOfRights = (kind: ResourceKind, namespace?: string): string =>
  namespace === undefined
    ? `the operator may not read ${resourceName(kind)}; grant it the verbs get, list and watch on them`
    : `the operator may not read ${resourceName(kind)} in namespace ${namespace}; grant it the verbs get, list and watch on them there`;

/** Kubernetes' own kinds are not installed by anybody. */
const cureOf = ({ group }: ResourceKind, name: string): string =>
  group === CERTIFICATES
    ? 'It comes with a newer Kubernetes; until then nothing can refer to one.'
    : `Install the CustomResourceDefinition ${name}; it is found without a restart.`;
