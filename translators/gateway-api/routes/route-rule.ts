import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { FeatureFragment } from '../../ir/feature-fragment.ts';
import { refOf } from '../../ir/object-key.ts';
import type { ObjectRef } from '../../ir/object-ref.ts';
import type { Problem } from '../../ir/problem.ts';
import type { BackendShare, RouteMatchNode, RouteTimeouts } from '../../ir/route-node.ts';
import { type Age, ageOf } from '../age.ts';
import type { Backend } from '../backends/backend-ref.ts';

/** One rule of a route of any kind with its references resolved; the same for every listener that serves it. */
export interface RouteRule {
  readonly route: string;
  readonly ordinal: number;
  readonly age: Age;
  readonly matches: readonly RouteMatchNode[];
  /** Empty where a rule cannot be honoured: it answers with an error, unless a feature answers. */
  readonly backends: readonly BackendShare[];
  /** Instead of `backends` where the proxy has ended the client's TLS: with the TLS that policies ask for. Absent: the same. */
  readonly reencrypted?: readonly BackendShare[];
  readonly features: readonly FeatureFragment[];
  readonly timeouts: RouteTimeouts;
  /** Every backend that the rule needs a cluster for, mirrors too; once each. */
  readonly uses: readonly Backend[];
  /** Every port of a backend that it may refer to, sent to or not: `<backendKey>/<port>`. */
  readonly reaches: readonly string[];
  /** How long one of its requests may last, in milliseconds. */
  readonly longestMs: number;
  readonly problems: readonly Problem[];
  /** Fields that have no effect and do no harm; told with the route's acceptance. */
  readonly ignored: readonly string[];
  readonly origin: ObjectRef;
}

/** The rule is dropped in the words of the specification: it answers with an error and is not part of what is accepted of its route. */
export const isRefused = (rule: RouteRule): boolean => rule.problems.some((problem) => problem.type === 'Accepted');

/** Which rule of a route it is. */
interface RulePlace {
  readonly key: string;
  readonly ordinal: number;
  readonly name: string | undefined;
}

/** A rule with nothing behind its matches: what is left of one that cannot be honoured. */
export const emptyRule = (
  route: KubernetesObject,
  { key, ordinal, name }: RulePlace,
  { matches, longestMs }: Pick<RouteRule, 'matches' | 'longestMs'>,
): RouteRule => ({
  route: key,
  ordinal,
  age: ageOf(route),
  matches,
  backends: [],
  features: [],
  timeouts: {},
  uses: [],
  reaches: [],
  longestMs,
  problems: [],
  ignored: [],
  origin: refOf(route, name),
});
