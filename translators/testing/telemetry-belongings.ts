/** What may change when one object does, telemetry included: the naive reading in belongings.ts, and what hangs on XTelemetryPolicies. */
import type { ReferenceGrant } from '../../crds/gateway-api/reference-grant.ts';
import type { XTelemetryPolicy } from '../../crds/gateway-api/x-telemetry-policy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import { belongsTo as belongsToOthers, ofService } from './belongings.ts';
import { type Belongs, gatewaysOf, listenersAt } from './listener-belongings.ts';
import { outsideKey, outsideTrusting } from './outside-objects.ts';
import { servicesTrusting, targetsOfPolicy } from './tls-belongings.ts';

// By kind, as everywhere where objects of all kinds come in one list.
const policiesOf = (world: readonly KubernetesObject[]): readonly XTelemetryPolicy[] =>
  world.filter(({ kind }) => kind === 'XTelemetryPolicy') as readonly XTelemetryPolicy[];

const gatewaysFor = ({ spec, metadata }: XTelemetryPolicy): readonly string[] =>
  spec.targetRefs.map(({ name }) => `${metadata.namespace}/${name}`);

/** `<kind in small letters>/<ns>/<name>`; none where it traces nothing. */
function collectorOf({ spec, metadata }: XTelemetryPolicy): readonly string[] {
  const ref = spec.tracing?.provider?.backendRef;
  return ref === undefined ? [] : [`${ref.kind.toLowerCase()}/${ref.namespace ?? metadata.namespace}/${ref.name}`];
}

/** The parts that may differ after `object` came, went or changed; `world` has all objects of before and after. */
export function belongsTo(object: KubernetesObject, world: readonly KubernetesObject[]): Belongs {
  const others = belongsToOthers(object, world);
  const gateways = new Set(policiesOf(world).flatMap(gatewaysFor));
  const telemetry = [...gateways].flatMap((gateway): readonly Belongs[] => {
    const policies = policiesOf(world).filter((policy) => gatewaysFor(policy).includes(gateway));
    if (policies.some((policy) => concerns(object, policy, world))) return [ofListeners(gateway), ofTelemetry(gateway, policies, world)];
    // Whether anything is traced hangs on there being a listener that reads requests.
    return portsOf(gateway, world).some((name) => others({ sort: 'listener', fleet: gateway, name, text: '' }))
      ? [ofTelemetry(gateway, policies, world)]
      : [];
  });
  return (part) => others(part) || telemetry.some((each) => each(part));
}

const ofListeners =
  (gateway: string): Belongs =>
  ({ sort, fleet }) =>
    sort === 'listener' && fleet === gateway;

/** What is said of the policies for a Gateway, of which any may be the one that holds, and what its fleet needs to send spans. */
function ofTelemetry(gateway: string, policies: readonly XTelemetryPolicy[], world: readonly KubernetesObject[]): Belongs {
  const keys = new Set(policies.map(objectKey));
  const services = policies.flatMap(collectorOf).map((service) => ofService(service, world));
  return (part) =>
    (part.sort === 'telemetryStatus' && keys.has(part.name)) ||
    ((part.fleet === '' || part.fleet === gateway) && services.some((each) => each(part)));
}

const portsOf = (gateway: string, world: readonly KubernetesObject[]): readonly string[] =>
  gatewaysOf(world)
    .filter((each) => objectKey(each) === gateway)
    .flatMap((each) => listenersAt(each, world).map(({ spec }) => `TCP/${spec.port}`));

/** Whether a policy, or where its spans go, may be another by an object. */
function concerns(object: KubernetesObject, policy: XTelemetryPolicy, world: readonly KubernetesObject[]): boolean {
  const key = objectKey(object);
  const collectors = collectorOf(policy);
  const goesTo = (services: readonly string[]): boolean => services.some((service) => collectors.includes(service));
  switch (object.kind) {
    case 'XTelemetryPolicy':
      return objectKey(policy) === key;
    case 'BackendTLSPolicy':
      return goesTo(targetsOfPolicy(key, world));
    case 'Secret':
    case 'ConfigMap':
    case 'ClusterTrustBundle': {
      const content = `${object.kind} ${key}`;
      return goesTo([...servicesTrusting(content, world), ...outsideTrusting((each) => each === content, world).map(outsideKey)]);
    }
    case 'ReferenceGrant':
      return opens(object as ReferenceGrant, policy); // by kind
    default:
      return goesTo([`${object.kind.toLowerCase()}/${key}`]);
  }
}

const opens = ({ spec, metadata }: ReferenceGrant, policy: XTelemetryPolicy): boolean =>
  spec.from.some(({ kind, namespace }) => kind === 'XTelemetryPolicy' && namespace === policy.metadata.namespace) &&
  collectorOf(policy).some((service) => service.split('/')[1] === metadata.namespace);
