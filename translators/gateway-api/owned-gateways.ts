import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { EnvoyProxySpec } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { type Inputs, PROXY_DEFAULTS } from '../inputs.ts';
import type { NamedAddresses } from '../ir/infra-node.ts';
import { refOf } from '../ir/object-key.ts';
import type { ObjectRef } from '../ir/object-ref.ts';
import type { Problem } from '../ir/problem.ts';
import type { Settings } from '../settings.ts';
import { type ClusterClouds, type KnownCloud, knownCloud } from './addresses/cluster-cloud.ts';
import { type NamedVerdict, namedAddresses, namesOf } from './addresses/named-addresses.ts';
import { addressProblem } from './addresses/requested-addresses.ts';
import { type Age, ageOf } from './age.ts';
import type { OwnedClass } from './owned-classes.ts';
import { type FleetProxy, fleetProxy } from './proxy/fleet-proxy.ts';
import { type Parameters, resolveParameters } from './proxy/proxy-reference.ts';
import type { ProxyVerdict } from './proxy/proxy-verdicts.ts';

/** A Gateway of one of our classes. */
export interface OwnedGateway {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  readonly age: Age;
  readonly generation: number | undefined;
  /** Whose proxies serve it; `<ns>/<name>` while every Gateway has its own. */
  readonly fleet: string;
  readonly gatewayClass: string;
  readonly classUid: string | undefined;
  /** Key of the EnvoyProxy that it names itself. */
  readonly parameters: string | undefined;
  readonly proxy: FleetProxy;
  readonly spec: Gateway['spec'];
  readonly ref: ObjectRef;
  /** Set: it is not accepted. */
  readonly problem: Problem | undefined;
  /** Set: nothing of it is programmed. */
  readonly refusal: Problem | undefined;
  /** Set: nobody knows how its proxies are to be run. Those that run go on, and are given their configuration. */
  readonly standstill: Problem | undefined;
  /** Absent: it asks for none, or they cannot be had. */
  readonly named?: NamedAddresses;
}

export interface GatewaySources {
  readonly inputs: Inputs;
  readonly classes: Collection<OwnedClass>;
  readonly verdicts: Collection<ProxyVerdict>;
  readonly clouds: ClusterClouds;
}

export function ownedGateways(
  graph: Graph,
  { inputs, classes, verdicts, clouds }: GatewaySources,
  settings: Settings,
): Collection<OwnedGateway> {
  return graph.derive('ownedGateways', inputs.gateways, function* (gateway, fetch, key) {
    const owner = fetch.one(classes, gateway.spec.gatewayClassName);
    if (owner === undefined) return;
    const verdictOf = (proxy: string): ProxyVerdict | undefined => fetch.one(verdicts, proxy);
    const own = parametersOf(gateway, verdictOf);
    const ofClass = owner.proxy === undefined ? undefined : verdictOf(owner.proxy);
    const configured = fetch.one(inputs.proxyDefaults, PROXY_DEFAULTS) ?? settings.envoyProxy;
    const proxy = fleetProxy({ gateway: own.verdict, gatewayClass: ofClass, configured }, settings);
    const addresses = addressesOf(gateway.spec, { proxy: proxy.spec, settings, cloud: () => knownCloud(fetch, clouds, inputs.unreadable) });
    const standstill = classProblem(owner) ?? own.problem ?? proxy.problem ?? addresses.standstill;
    const { refusal, named } = addresses;
    yield [
      key,
      {
        key,
        namespace: gateway.metadata.namespace ?? '',
        name: gateway.metadata.name,
        uid: gateway.metadata.uid,
        age: ageOf(gateway),
        generation: gateway.metadata.generation,
        fleet: key,
        gatewayClass: owner.name,
        classUid: owner.uid,
        parameters: own.proxy,
        proxy,
        spec: gateway.spec,
        ref: refOf(gateway),
        problem: standstill ?? refusal,
        refusal,
        standstill,
        ...(named === undefined ? {} : { named }),
      },
    ];
  });
}

interface AddressGround {
  readonly proxy: EnvoyProxySpec;
  readonly settings: Settings;
  /** Who does not need to know it does not ask. */
  readonly cloud: () => KnownCloud;
}

interface Addresses extends NamedVerdict {
  readonly refusal?: Problem;
}

function addressesOf(spec: Gateway['spec'], { proxy, settings, cloud }: AddressGround): Addresses {
  const refusal = addressProblem(spec, settings);
  if (refusal !== undefined) return { refusal };
  return namesOf(spec).length === 0 ? {} : namedAddresses(spec, proxy, cloud());
}

const classProblem = (owner: OwnedClass): Problem | undefined =>
  owner.problem && {
    type: 'Accepted',
    reason: 'InvalidParameters',
    message: `GatewayClass ${owner.name} is not accepted: ${owner.problem.message}`,
  };

/** A Gateway's own parameters come from its own namespace (GEP-1867). */
function parametersOf({ spec, metadata }: Gateway, verdictOf: (key: string) => ProxyVerdict | undefined): Parameters {
  const ref = spec.infrastructure?.parametersRef;
  if (ref === undefined) return { proxy: undefined, verdict: undefined, problem: undefined };
  return resolveParameters({ ...ref, field: 'spec.infrastructure.parametersRef', namespace: metadata.namespace ?? '' }, verdictOf);
}

/** The keys of a Gateway's listeners, in list order. */
export const gatewayListenersOf = (gateway: OwnedGateway): readonly string[] =>
  gateway.spec.listeners.map((listener) => `${gateway.key}/${listener.name}`);
