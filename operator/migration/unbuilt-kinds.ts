import { kindOf } from '../../crds/kinds.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Finding, subject } from './finding.ts';
import { ENVOY_GATEWAY, GATEWAY_API, GATEWAY_API_EXPERIMENTS, groupOf } from './migration-input.ts';

interface Loss {
  readonly effect: string;
  readonly cure: string;
}

const WAIT = 'Stay with Envoy Gateway until Gatehouse has this kind';
const policy = (effect: string): Loss => ({ effect, cure: `${WAIT}, or delete the policy if you can do without it.` });

/** Kinds of the contract that this release does not read, and what follows for whoever has objects of them. */
const LOSSES: Readonly<Record<string, Loss>> = {
  XListenerSet: { effect: 'its listeners are no longer served', cure: 'Make it a ListenerSet of gateway.networking.k8s.io/v1.' },
  ClientTrafficPolicy: policy('its settings have no effect on the listeners, client certificates and limits among them'),
  BackendTrafficPolicy: policy('its settings have no effect, rate limits, retries and health checks among them'),
  SecurityPolicy: policy('NO REQUEST IS CHECKED by it any more: what it protects is open'),
  EnvoyExtensionPolicy: policy('its extensions (external processing, Wasm, Lua) no longer see any request'),
  EnvoyPatchPolicy: policy('its patches are not made'),
  Backend: {
    effect: 'rules that refer to it answer 500',
    cure: 'Use a Service, with EndpointSlices of your own where it is outside of the cluster.',
  },
  HTTPRouteFilter: { effect: 'rules that refer to it answer 500', cure: `${WAIT}, or remove the filter from the routes.` },
};

const GROUPS: ReadonlySet<string> = new Set([GATEWAY_API, GATEWAY_API_EXPERIMENTS, ENVOY_GATEWAY]);

/** Of the API that a gateway controller serves; other groups only give what it refers to. */
export const isGatewayKind = (object: KubernetesObject): boolean => GROUPS.has(groupOf(object));

export const isBuilt = ({ apiVersion, kind }: KubernetesObject): boolean => kindOf(apiVersion, kind) !== undefined;

/** @param object of a kind that is not built */
export function unbuiltKind(object: KubernetesObject): Finding {
  const loss = Object.hasOwn(LOSSES, object.kind) ? LOSSES[object.kind] : undefined; // a kind may be called toString
  const { effect, cure } = loss ?? { effect: 'it has no effect', cure: `${WAIT}, or delete the object.` };
  return {
    severity: 'stops',
    code: 'KindNotBuilt',
    object: subject(object),
    message: `${object.kind} of ${object.apiVersion} is not built yet: ${effect}.`,
    cure,
  };
}
