import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../crds/json-schema.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { InfraNode } from '../../translators/ir/infra-node.ts';
import type { RenderOptions } from '../infrastructure/kubernetes/fleet-context.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';
import { nameOfObject, PROXY_KINDS, runsProxies } from '../infrastructure/kubernetes/proxy-kinds.ts';
import { liesWithOwner, ownerOf } from '../infrastructure/kubernetes/proxy-owner.ts';
import { renderFleet } from '../infrastructure/kubernetes/render.ts';
import { fieldDifferences } from './field-differences.ts';
import { type Finding, subject } from './finding.ts';

/** What Envoy Gateway has made for its proxies, held against what Gatehouse would apply. */
export interface InfrastructureComparison {
  readonly fleets: readonly InfraNode[];
  /** All Gateways that Gatehouse serves, as `<ns>/<name>`; undefined: there may be others. */
  readonly gateways: ReadonlySet<string> | undefined;
  readonly live: readonly KubernetesObject[];
  readonly rendering: RenderOptions;
}

const MADE: ReadonlySet<string> = new Set(PROXY_KINDS.map(({ kind }) => kind));

export function infrastructureFindings({ fleets, gateways, live, rendering }: InfrastructureComparison): readonly Finding[] {
  const made = live.filter((object) => MADE.has(object.kind) && isFollowed(object, rendering));
  const byOwner = Map.groupBy(made, ({ metadata }) => ownerOf(metadata.labels));
  return [
    ...fleets.flatMap((fleet) => fleetFindings(fleet, byOwner.get(fleet.fleet) ?? [], rendering)),
    ...(gateways === undefined ? [] : made.filter((object) => isOrphan(object, gateways, rendering.namespace)).map(orphan)),
    ...live.flatMap((object) => foreignFindings(object, rendering)),
  ];
}

/** Where Gatehouse looks for proxies: with the controller, and in their mode with Gateways. */
function isFollowed({ metadata: { labels, namespace } }: KubernetesObject, { deploy, namespace: home }: RenderOptions): boolean {
  if (namespace === home) return true;
  const owner = ownerOf(labels);
  return deploy === 'GatewayNamespace' && owner !== undefined && liesWithOwner(owner, namespace, home);
}

function fleetFindings(fleet: InfraNode, live: readonly KubernetesObject[], rendering: RenderOptions): readonly Finding[] {
  const rendered = renderFleet(fleet, rendering);
  if (!rendered.ok) {
    const { namespace, name } = fleet.origin;
    const message = `Gatehouse cannot make its proxies; those that run stay as they are: ${rendered.problem.message}`;
    return [
      {
        severity: 'stops',
        code: 'InfrastructureRefused',
        object: { kind: 'Gateway', namespace, name },
        message,
        cure: 'Mend what the message names.',
      },
    ];
  }
  const wanted = new Map(rendered.value.map((object) => [nameOfObject(object), object]));
  return live.flatMap((object) => {
    const ours = wanted.get(nameOfObject(object));
    return ours === undefined ? [renamed(object, rendered.value)] : comparison(object, ours, fleet.named);
  });
}

/** What carries the labels of proxies and is not among what is made for them is deleted. */
function renamed(object: KubernetesObject, rendered: readonly KubernetesObject[]): Finding {
  const ours = rendered.find(({ kind }) => kind === object.kind)?.metadata.name;
  const address = object.kind === 'Service';
  const instead = ours === undefined ? 'Gatehouse makes none' : `Gatehouse calls it ${ours}`;
  return {
    severity: address ? 'stops' : 'differs',
    code: 'NameDiffers',
    object: subject(object),
    message: `${instead}, and deletes this one.${address ? ' Its address goes with it.' : ''}`,
    cure: address
      ? 'Set spec.provider.kubernetes.envoyService.name of the EnvoyProxy to the name that it has.'
      : 'Nothing, if no script of yours names it; an EnvoyProxy can give the name that it has.',
  };
}

const LABEL = 63;

/** A label holds no more than the beginning of a long name. With Gateways there may be proxies of other controllers: only what Gatehouse made is deleted there. */
function isOrphan({ metadata: { labels, namespace } }: KubernetesObject, gateways: ReadonlySet<string>, home: string): boolean {
  if (namespace !== home) return false;
  const owner = ownerOf(labels);
  if (owner === undefined || !owner.includes('/')) return false;
  const isCut = owner.length - owner.indexOf('/') > LABEL;
  return !(gateways.has(owner) || (isCut && [...gateways].some((gateway) => gateway.startsWith(owner))));
}

const orphan = (object: KubernetesObject): Finding => ({
  severity: 'differs',
  code: 'NoGateway',
  object: subject(object),
  message: `It belongs to the proxies of Gateway ${ownerOf(object.metadata.labels)}, which is not there or not of a class of Gatehouse: it is deleted.`,
  cure: 'Take its label app.kubernetes.io/managed-by away if it shall stay.',
});

function comparison(live: KubernetesObject, ours: KubernetesObject, named: InfraNode['named']): readonly Finding[] {
  if (live.kind === 'Service') return [serviceFinding(live, ours, named)];
  return runsProxies(live) ? [selectorFinding(live, ours), ...podFindings(live, ours)] : [];
}

function serviceFinding(live: KubernetesObject, ours: KubernetesObject, named: InfraNode['named']): Finding {
  const object = subject(live);
  const asked = Object.entries(named?.annotations ?? {}).filter(([key, value]) => live.metadata.annotations?.[key] !== value);
  const [before, after] = [fieldsOf(live.spec), fieldsOf(ours.spec)];
  const differing = [
    ...fieldDifferences({ selector: after['selector'], type: after['type'], ports: after['ports'] }, before),
    ...portsThatGo(before, after),
  ].map((field) => `spec.${field}`);
  differing.push(...asked.map(([key]) => `metadata.annotations[${key}]`));
  if (differing.length === 0) {
    const message = 'It is taken over as it is: name, addresses and node ports stay.';
    return { severity: 'works', code: 'ServiceKept', object, message };
  }
  return {
    severity: 'differs',
    code: 'ServiceKept',
    object,
    field: differing.join(', '),
    message: `It is taken over, ${asked.length === 0 ? 'name and addresses stay' : 'its name stays, its address may become the one that is asked for by its name'}; these fields change.`,
  };
}

function portsThatGo(before: JsonObject, after: JsonObject): readonly string[] {
  const kept = new Set(objectsIn(after['ports']).map(({ port }) => port));
  return objectsIn(before['ports']).flatMap(({ name, port }) => (kept.has(port) ? [] : [`ports[${String(name ?? port)}] (goes)`]));
}

function selectorFinding(live: KubernetesObject, ours: KubernetesObject): Finding {
  const object = subject(live);
  const field = 'spec.selector';
  const [before, after] = [fieldsOf(live.spec)['selector'], fieldsOf(ours.spec)['selector']];
  if (isDeepStrictEqual(before, after)) {
    return {
      severity: 'works',
      code: 'SelectorEqual',
      object,
      field,
      message: "It is exactly Gatehouse's, so the object is taken over in place.",
    };
  }
  return {
    severity: 'stops',
    code: 'SelectorDiffers',
    object,
    field,
    message: `A selector cannot be changed, and Gatehouse's is another (${JSON.stringify(after)}): the proxies that run go on, and cannot be updated.`,
    cure: 'Delete the object when it suits, with --cascade=orphan if its pods shall go on; Gatehouse makes it anew at once.',
  };
}

function podFindings(live: KubernetesObject, ours: KubernetesObject): readonly Finding[] {
  const template = (object: KubernetesObject): unknown => fieldsOf(object.spec)['template'];
  const differing = fieldDifferences(template(ours), template(live));
  if (differing.length === 0) return [];
  return [
    {
      severity: 'differs',
      code: 'PodsReplaced',
      object: subject(live),
      field: `spec.template: ${differing.join(', ')}`,
      message:
        'Its pods are replaced once, by a rolling update: the shutdown manager is of another image, and Envoy starts with another bootstrap.',
      cure: 'Choose the hour. Pods that are there serve until their successors are ready, with what Gatehouse sends them.',
    },
  ];
}

const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** What Envoy Gateway made that Gatehouse neither takes over nor takes away. */
function foreignFindings(object: KubernetesObject, rendering: RenderOptions): readonly Finding[] {
  const { labels = {} } = object.metadata;
  if (labels[MANAGED_BY] !== 'envoy-gateway' || !(runsProxies(object) || object.kind === 'Service')) return [];
  if (labels['app.kubernetes.io/component'] === 'ratelimit') return [rateLimit(object)];
  if (!isFollowed(object, rendering)) return [elsewhere(object)];
  return labels['gateway.envoyproxy.io/owning-gatewayclass'] === undefined ? [] : [shared(object)];
}

const rateLimit = (object: KubernetesObject): Finding => ({
  severity: 'stops',
  code: 'RateLimitService',
  object: subject(object),
  message: 'Global rate limits are not built yet: it is left as it is, and nobody asks it.',
  cure: 'Stay with Envoy Gateway until Gatehouse has them, or do without; delete it when you have moved.',
});

const elsewhere = (object: KubernetesObject): Finding => ({
  severity: 'stops',
  code: 'GatewayNamespaceMode',
  object: subject(object),
  message:
    'It is not where proxies are looked for (provider.kubernetes.deploy.type and namespace of the controller): it is neither taken over nor taken away, and its proxies are served nothing new.',
  cure: "Give the chart the deploy type with which it was made (GatewayNamespace for proxies in their Gateway's namespace), or delete it when the new proxies serve.",
});

const shared = (object: KubernetesObject): Finding => ({
  severity: 'stops',
  code: 'MergedGateways',
  object: subject(object),
  message: `It belongs to all Gateways of a class. Gatehouse makes proxies and a Service for each Gateway, and deletes this one${object.kind === 'Service' ? ' with its address' : ''}.`,
  cure: 'Stay with Envoy Gateway until Gatehouse has merged gateways, or take the Gateways apart before and move DNS.',
});
