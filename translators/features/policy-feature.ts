import type { Any } from '@bufbuild/protobuf/wkt';
import type { TSchema } from 'typebox';
import type { BackendObjectReference } from '../../crds/gateway-api/names.ts';
import type { HttpFilterSlot } from '../envoy/http-filter-slot.ts';
import type { RouteFragment, WeightedClusterFragment } from '../envoy/route-fragment.ts';
import type { BackendProtocol } from '../ir/cluster-node.ts';
import type { Result } from '../ir/result.ts';
import type { PathMatch, RouteNode } from '../ir/route-node.ts';

/** The kinds whose fields are features. */
export const FEATURE_OWNERS = ['HTTPRoute', 'GRPCRoute'] as const;
export type FeatureOwner = (typeof FEATURE_OWNERS)[number];
/** Where else a field may stand: among the filters of listeners, which run before a route is chosen. */
type FeaturePlace = FeatureOwner | 'Listener';

/** Where a feature sends requests of its own. */
export interface BackendCluster {
  readonly cluster: string;
  /** What the backend is called in requests that have no host of their own: `<service>.<namespace>`. */
  readonly authority: string;
}

/** What a feature may ask while it resolves. Whoever calls it answers from the graph, so that every look is remembered. */
export interface Lookup {
  /** Path of the feature's own field, for messages: `spec.rules[0].filters[1].urlRewrite`. */
  readonly field: string;
  /** Where a filter stands: it works on all requests of a rule, on those that go to one backend, or on all of a listener. */
  readonly place: 'rule' | 'backendRef' | 'listener';
  /** The paths of the rule's matches. */
  readonly paths: readonly PathMatch[];
  /**
   * The cluster of the backend that the field's own `backendRef` names; else the problem (no grant, not found, wrong kind).
   * @param protocol what is spoken to a port that does not say it; default: HTTP/1
   */
  backend(ref: BackendObjectReference, protocol?: BackendProtocol): Result<BackendCluster>;
}

/** What features stand in, from where each of them looks. */
export interface FeatureScope extends Omit<Lookup, 'backend'> {
  /** @param field path of the reference, for messages */
  backend(ref: BackendObjectReference, field: string, protocol?: BackendProtocol): Result<BackendCluster>;
}

export const lookupAt = (scope: FeatureScope, field: string): Lookup => ({
  ...scope,
  field,
  backend: (ref, protocol) => scope.backend(ref, `${field}.backendRef`, protocol),
});

/** What an emission may depend on besides the feature's own IR. */
export type RouteContext = Pick<RouteNode, 'match' | 'listener' | 'host' | 'timeouts' | 'origin'>;

/** IR to Envoy, pure. A filter without `backend` is refused in a backendRef. */
export interface Emissions<IR extends object> {
  readonly route?: (ir: IR, context: RouteContext) => RouteFragment;
  readonly backend?: (ir: IR) => WeightedClusterFragment;
  /** What of it in a backendRef needs a route of its own for the share of that backend; undefined: nothing. */
  readonly ownRoute?: (ir: IR, context: RouteContext) => Pick<RouteFragment, 'answer' | 'rewrite'> | undefined;
  /** The whole filter of Envoy that all requests of a listener pass before a route is chosen. Without it, listeners cannot have the filter. */
  readonly listener?: (ir: IR) => Any;
  /** Its place in the chain of every listener. Adding or changing one drains connections on upgrade. */
  readonly httpFilter?: HttpFilterSlot;
}

/** One field of one policy, or one route filter, from the API to Envoy. Everything that the project knows of it is in its folder. */
export interface FeatureDefinition<Spec, IR extends object> {
  readonly owner: FeatureOwner;
  /** Further kinds that have the same field with the same meaning. */
  readonly sharedWith?: readonly FeaturePlace[];
  readonly field: string;
  /** What of a route the field belongs to; default: a filter. */
  readonly of?: 'rule';
  /** Absent where the kind's own schema in `crds/` has the field. */
  readonly schema?: TSchema;
  /** What it does, for users, in a sentence or two. */
  readonly doc: string;
  readonly resolve: (spec: Spec, lookup: Lookup) => Result<IR>;
  /** Of a parent's policy and a child's; default: the child wins. */
  readonly merge?: (parent: IR, child: IR) => IR;
  /** A filter that may stand several times in one rule. */
  readonly repeatable?: boolean;
  /**
   * What becomes of the rule when `resolve` refuses. `fail` (the default): its requests get a 500, because a filter must not be skipped.
   * `skip`: the rule goes on without it, because no request depends on it.
   */
  readonly whenRefused?: 'fail' | 'skip';
  readonly emits: Emissions<IR>;
}

/** A feature with its types hidden, so that features of all types fit in one list. */
export interface Feature extends Omit<FeatureDefinition<unknown, object>, 'resolve' | 'merge' | 'emits'> {
  /** `<owner>/<field>` */
  readonly id: string;
  readonly resolve: (spec: unknown, lookup: Lookup) => Result<object>;
  readonly merge?: (parent: object, child: object) => object;
  readonly emits: Emissions<object>;
}

/** The spec has passed the schema of its kind, and an IR only ever comes from the feature's own `resolve`: that makes the cast true. */
export function defineFeature<Spec, IR extends object>(definition: FeatureDefinition<Spec, IR>): Feature {
  return { id: `${definition.owner}/${definition.field}`, ...definition } as unknown as Feature;
}
