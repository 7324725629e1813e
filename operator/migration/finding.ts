import type { KubernetesObject } from '../../crds/object-meta.ts';

/** `works`: as it is today. `differs`: goes on, otherwise than today. `stops`: does not go on. */
export const SEVERITIES = ['stops', 'differs', 'works'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a finding is about; stable, for scripts. */
export type FindingCode =
  | 'AcceptedHere'
  | 'BrokenAlready'
  | 'CertificateExpired'
  | 'CertificateMissing'
  | 'CertificateNames'
  | 'CertificatesReused'
  | 'ClusterNames'
  | 'ConfigurationOfChart'
  | 'ConfigurationRefused'
  | 'ConfigurationTaken'
  | 'ControllerInstalled'
  | 'ControllerRunning'
  | 'FieldIgnored'
  | 'FieldUnknown'
  | 'GatewayNamespaceMode'
  | 'InfrastructureRefused'
  | 'KindNotBuilt'
  | 'MergedGateways'
  | 'NameDiffers'
  | 'NoGateway'
  | 'NotInInput'
  | 'ObjectInvalid'
  | 'PodsReplaced'
  | 'RateLimitService'
  | 'RefusedHere'
  | 'RequestsClosed'
  | 'SelectorDiffers'
  | 'SelectorEqual'
  | 'ServiceKept'
  | 'TakesEffect'
  | 'Unchanged';

/** The object that a finding is about. */
export interface FindingObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One thing that is to be known of one object before Gatehouse takes Envoy Gateway's place. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly object: FindingObject;
  /** Where in the object, as people write it; absent: the whole of it. */
  readonly field?: string;
  /** What is so, and why. */
  readonly message: string;
  /** What to do; absent: nothing. */
  readonly cure?: string;
}

export const subject = ({ kind, metadata: { namespace, name } }: KubernetesObject): FindingObject =>
  namespace === undefined ? { kind, name } : { kind, namespace, name };

/** `HTTPRoute shop/web` */
export const subjectText = ({ kind, namespace, name }: FindingObject): string =>
  `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
