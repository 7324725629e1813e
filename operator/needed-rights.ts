import type { DeployMode } from '../translators/settings.ts';
import { STATUS_KINDS } from '../translators/statuses/status-place.ts';
import { EVENT } from './cluster/events.ts';
import { LEASE_NAME } from './cluster/leader-election.ts';
import { LEASE } from './cluster/lease.ts';
import { type ResourceKind, resourceName } from './cluster/resource-kind.ts';
import { CUSTOM_RESOURCE_DEFINITION } from './gateway-operator.ts';
import { NODE, POD, PROXY_KINDS } from './infrastructure/kubernetes/proxy-kinds.ts';
import { watchedKind } from './reconcilers/watched-kinds.ts';
import { TOKEN_REVIEW } from './tokens/token-reviews.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';

/** Something that the operator asks the API server for, as RBAC names it. */
export interface Right {
  readonly group: string;
  /** Plural, and the subresource after a slash. */
  readonly resource: string;
  readonly verb: Verb;
  /** Only the object of this name. */
  readonly name?: string;
  /** Where: in a namespace, or (`*`) in the whole cluster. */
  readonly where: string;
}

/** `EVERYWHERE`: all namespaces, and what is in none. */
export const EVERYWHERE = '*';

const READ = ['get', 'list', 'watch'] as const;

interface Grant {
  readonly kind: ResourceKind;
  readonly verbs: readonly Verb[];
  readonly subresource?: 'status';
  readonly name?: string;
}

const NAMESPACE = 'Namespace';
/** Kept as long as Gateways use it, by a finalizer. */
const FINALIZED = 'GatewayClass';
/** Events of what is in no namespace are written here. */
const EVENTS_OF_THE_CLUSTER = 'default';

export interface RightsOptions {
  /** What the operator follows: `GatewayOperator.kinds`. */
  readonly followed: readonly ResourceKind[];
  /** Where the controller is. */
  readonly home: string;
  /** Where proxies are; default: with the controller. */
  readonly deploy?: DeployMode;
  /** The namespaces whose objects are read; undefined: all. */
  readonly watched: readonly string[] | undefined;
}

/**
 * Every right that the operator makes use of, and no other. The chart's roles are held equal to it. Server-side apply of what is not there yet needs
 * `create` beside `patch`.
 */
export function neededRights({ followed, home, deploy, watched }: RightsOptions): readonly Right[] {
  const [inNamespaces, inNone] = [followed.filter(({ namespaced }) => namespaced), followed.filter(({ namespaced }) => !namespaced)];
  const places = watched === undefined ? [EVERYWHERE] : [...new Set([home, ...watched])];
  const events = watched === undefined ? places : [...new Set([...places, EVENTS_OF_THE_CLUSTER])];
  const rights = [
    // Pods by need, and in any namespace: XBackends may select some.
    ...at(places, [...inNamespaces, POD].map(reading), statusesOf(inNamespaces)),
    ...at([EVERYWHERE], inNone.filter(({ kind }) => kind !== NAMESPACE).map(reading), statusesOf(inNone)),
    ...at([EVERYWHERE], [{ kind: watchedKind(FINALIZED), verbs: ['patch'] }, reading(CUSTOM_RESOURCE_DEFINITION), reading(NODE)]),
    ...(watched === undefined ? at([EVERYWHERE], [reading(watchedKind(NAMESPACE))]) : places.flatMap(labelsOf)),
    ...at(events, [{ kind: EVENT, verbs: ['create', 'patch'] }]),
    ...(deploy === 'GatewayNamespace' ? withGateways(places) : at([home], ofProxies)),
    ...at(
      [home],
      [
        { kind: LEASE, verbs: ['create'] },
        { kind: LEASE, verbs: ['get', 'patch'], name: LEASE_NAME },
      ],
    ),
  ];
  return [...new Map(rights.map((right) => [describeRight(right), right])).values()];
}

const reading = (kind: ResourceKind): Grant => ({ kind, verbs: READ });
const making = (kind: ResourceKind): Grant => ({ kind, verbs: [...READ, 'create', 'patch', 'delete'] });

const ofProxies: readonly Grant[] = [...PROXY_KINDS.map(making), reading(POD)];

/** Proxies there are believed by their tokens. */
const withGateways = (places: readonly string[]): readonly Right[] => [
  ...at(places, ofProxies),
  ...at([EVERYWHERE], [{ kind: TOKEN_REVIEW, verbs: ['create'] }]),
];

const statusesOf = (kinds: readonly ResourceKind[]): readonly Grant[] =>
  kinds.filter(({ kind }) => STATUS_KINDS.includes(kind)).map((kind) => ({ kind, verbs: ['patch'], subresource: 'status' }));

/** One namespace is read for itself where they may not be listed. */
const labelsOf = (namespace: string): readonly Right[] =>
  at([namespace], [{ kind: watchedKind(NAMESPACE), verbs: ['get'], name: namespace }]);

const at = (places: readonly string[], ...grants: readonly (readonly Grant[])[]): readonly Right[] =>
  places.flatMap((where) =>
    grants.flat().flatMap(({ kind, verbs, subresource, name }) =>
      verbs.map((verb) => ({
        group: kind.group,
        resource: subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`,
        verb,
        where,
        ...(name === undefined ? {} : { name }),
      })),
    ),
  );

/** `patch gateways/status.gateway.networking.k8s.io in shop` */
export function describeRight({ group, resource, verb, name, where }: Right): string {
  const what = resourceName({ group, plural: resource });
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`} in ${where}`;
}
