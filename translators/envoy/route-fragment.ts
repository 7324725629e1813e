import type { Any } from '@bufbuild/protobuf/wkt';
import type { HeaderValueOptionSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import type {
  DirectResponseActionSchema,
  RedirectActionSchema,
  RetryPolicySchema,
  RouteAction_RequestMirrorPolicySchema,
  RouteActionSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { MessageInit } from './message-init.ts';

export type HeaderToAdd = MessageInit<typeof HeaderValueOptionSchema>;

/** Envoy removes first and adds then. */
export interface HeaderMutations {
  readonly toAdd: readonly HeaderToAdd[];
  readonly toRemove: readonly string[];
}

/** Answers a request without a backend. */
export type RouteAnswer =
  | {
      readonly case: 'redirect';
      readonly value: MessageInit<typeof RedirectActionSchema>;
      /** For clients that name a port beside the host: Envoy would lead them to that port. */
      readonly toNamedPort?: MessageInit<typeof RedirectActionSchema>;
    }
  | { readonly case: 'directResponse'; readonly value: MessageInit<typeof DirectResponseActionSchema> };

type RouteActionInit = MessageInit<typeof RouteActionSchema>;

/** How often and when a request is sent again. */
export type RetryPolicyInit = MessageInit<typeof RetryPolicySchema>;

/** How a request is changed on its way to the backend. */
export type Rewrite = Pick<RouteActionInit, 'prefixRewrite' | 'regexRewrite' | 'hostRewriteSpecifier' | 'appendXForwardedHost'>;

/** What one feature puts on a weighted cluster, in Envoy's words. */
export interface WeightedClusterFragment {
  readonly request?: HeaderMutations;
  readonly response?: HeaderMutations;
  readonly hostRewriteLiteral?: string;
  readonly typedPerFilterConfig?: Readonly<Record<string, Any>>;
}

/** What one feature puts on a route, in Envoy's words. Lists are concatenated; of the rest the last feature that sets it counts. */
export interface RouteFragment extends Omit<WeightedClusterFragment, 'hostRewriteLiteral'> {
  readonly answer?: RouteAnswer;
  readonly rewrite?: Rewrite;
  readonly retry?: RetryPolicyInit;
  readonly mirrors?: readonly MessageInit<typeof RouteAction_RequestMirrorPolicySchema>[];
  /** The route also has to answer CORS preflights, which come with another method than the one it matches. */
  readonly preflight?: boolean;
}

/** Edits of headers as Envoy has them on a route and on a weighted cluster. */
export interface HeaderFields {
  readonly requestHeadersToAdd: HeaderToAdd[];
  readonly requestHeadersToRemove: string[];
  readonly responseHeadersToAdd: HeaderToAdd[];
  readonly responseHeadersToRemove: string[];
}

/** The fragments of all features as one; `headers` are ready to be spread into a Route or a ClusterWeight. */
export interface MergedFragment {
  readonly headers: HeaderFields & { readonly typedPerFilterConfig: Record<string, Any> };
  readonly rest: Pick<RouteFragment, 'answer' | 'rewrite' | 'retry' | 'mirrors' | 'preflight'> &
    Pick<WeightedClusterFragment, 'hostRewriteLiteral'>;
}

/** Merges the fragments in the order in which the features stand on the rule. */
export function mergeFragments(fragments: readonly (RouteFragment & WeightedClusterFragment)[]): MergedFragment {
  return {
    headers: {
      requestHeadersToAdd: fragments.flatMap((fragment) => fragment.request?.toAdd ?? []),
      requestHeadersToRemove: fragments.flatMap((fragment) => fragment.request?.toRemove ?? []),
      responseHeadersToAdd: fragments.flatMap((fragment) => fragment.response?.toAdd ?? []),
      responseHeadersToRemove: fragments.flatMap((fragment) => fragment.response?.toRemove ?? []),
      typedPerFilterConfig: sortedConfigs(fragments),
    },
    rest: Object.assign({}, ...fragments, {
      ...rewriteOf(fragments),
      mirrors: fragments.flatMap((fragment) => fragment.mirrors ?? []),
      preflight: fragments.some((fragment) => fragment.preflight),
    }),
  };
}

export const editsHeaders = (fields: HeaderFields): boolean =>
  fields.requestHeadersToAdd.length + fields.requestHeadersToRemove.length > 0 ||
  fields.responseHeadersToAdd.length + fields.responseHeadersToRemove.length > 0;

/** Both as one of which Envoy removes first and adds then: what the later ones remove, the earlier ones do not add. */
export function editedThen(before: HeaderFields, after: HeaderFields): HeaderFields {
  return {
    requestHeadersToAdd: [...without(before.requestHeadersToAdd, after.requestHeadersToRemove), ...after.requestHeadersToAdd],
    requestHeadersToRemove: [...before.requestHeadersToRemove, ...after.requestHeadersToRemove],
    responseHeadersToAdd: [...without(before.responseHeadersToAdd, after.responseHeadersToRemove), ...after.responseHeadersToAdd],
    responseHeadersToRemove: [...before.responseHeadersToRemove, ...after.responseHeadersToRemove],
  };
}

function without(added: readonly HeaderToAdd[], removed: readonly string[]): readonly HeaderToAdd[] {
  const gone = new Set(removed.map((name) => name.toLowerCase()));
  return added.filter(({ header }) => !gone.has(header?.key?.toLowerCase() ?? ''));
}

/** A host from one and a path from another; of two paths the last counts, and they exclude each other in Envoy. */
function rewriteOf(fragments: readonly RouteFragment[]): Pick<RouteFragment, 'rewrite'> {
  const rewrites = fragments.flatMap(({ rewrite }) => rewrite ?? []);
  const [first, ...others] = rewrites;
  if (first === undefined) return {};
  return { rewrite: others.reduce((before, after) => ({ ...(changesPath(after) ? withoutPath(before) : before), ...after }), first) };
}

const changesPath = ({ prefixRewrite, regexRewrite }: Rewrite): boolean => prefixRewrite !== undefined || regexRewrite !== undefined;

const withoutPath = ({ prefixRewrite: _prefix, regexRewrite: _regex, ...rest }: Rewrite): Rewrite => rest;

/** Maps are written in insertion order: same filters, same bytes. */
function sortedConfigs(fragments: readonly WeightedClusterFragment[]): Record<string, Any> {
  const configs = fragments.flatMap((fragment) => Object.entries(fragment.typedPerFilterConfig ?? {}));
  return Object.fromEntries(configs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
