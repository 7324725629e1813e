/** A condition as we want it. When it last changed is found out against the live object. */
export interface DesiredCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** The generation that was looked at; default: that of the live object. */
  readonly observedGeneration?: number;
  /** Not all is known yet: what the live object says stays as it is, and this is written only where it says nothing. */
  readonly provisional?: true;
}

/** One listener of a Gateway or ListenerSet; all other fields (`supportedKinds`, `attachedRoutes`, ...) are written as they are. */
export interface DesiredListener {
  readonly name: string;
  readonly conditions: readonly DesiredCondition[];
  readonly [field: string]: unknown;
}

/** One entry of a route's `status.parents` (RouteParentStatus). */
export interface DesiredParent {
  readonly parentRef: Readonly<Record<string, unknown>>;
  readonly controllerName: string;
  readonly conditions: readonly DesiredCondition[];
}

/** One entry of a policy's `status.ancestors` (PolicyAncestorStatus), or of an EnvoyProxy's, which has no controllerName. */
export interface DesiredAncestor {
  readonly ancestorRef: Readonly<Record<string, unknown>>;
  readonly controllerName?: string;
  readonly conditions: readonly DesiredCondition[];
}

/** Our part of the status of any kind. A field that is absent is not ours to touch; an empty list removes what was ours. */
export interface DesiredStatus {
  readonly conditions?: readonly DesiredCondition[];
  readonly listeners?: readonly DesiredListener[];
  readonly parents?: readonly DesiredParent[];
  readonly ancestors?: readonly DesiredAncestor[];
  readonly addresses?: readonly unknown[];
  readonly supportedFeatures?: readonly unknown[];
  readonly attachedListenerSets?: number;
}
