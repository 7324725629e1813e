import type { KubernetesError } from '../../cluster/kubernetes-error.ts';
import { nameOf, type ObjectKey, type ResourceKind, resourceName } from '../../cluster/resource-kind.ts';
import { AUTOSCALER, CONFIG_MAP, DAEMON_SET, DEPLOYMENT, DISRUPTION_BUDGET, objectName, SERVICE } from './proxy-kinds.ts';

/** What we were about to do to which object. */
export interface Attempt {
  readonly verb: 'get' | 'patch' | 'delete';
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
}

/** Why an object is not as it should be, for people. */
export interface WriteProblem {
  /** Names the object, what is wrong and what cures it. */
  readonly message: string;
  /** Will most likely pass by itself. */
  readonly passing: boolean;
  /** The object is somebody else's. */
  readonly foreign?: true;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number;
}

/** A field that the API server lets nobody change. */
export const isImmutable = (error: KubernetesError): boolean =>
  error.status === 422 && /immutable|may not change|cannot be changed/i.test(error.message);

export function explainWrite(attempt: Attempt, error: KubernetesError): WriteProblem {
  const passing = error.status === 0 || error.status === 409 || error.status === 429 || error.status >= 500;
  return { message: passing ? passingText(attempt, error) : lastingText(attempt, error), passing, retryAfterMs: error.retryAfterMs };
}

function passingText({ kind, key }: Attempt, error: KubernetesError): string {
  const what = error.status === 0 ? 'the API server gave no answer' : `the API server answered ${error.status}`;
  return `${objectName(kind, key)} could not be brought up to date: ${what}; it is tried again (${sentence(error)}).`;
}

function lastingText(attempt: Attempt, error: KubernetesError): string {
  const { kind, key } = attempt;
  const name = objectName(kind, key);
  const { namespace = '' } = nameOf(key);
  const said = sentence(error);
  if (isTerminating(error))
    return `Namespace ${namespace} is being terminated, so ${name} cannot be made; it is made once the namespace is there again.`;
  if (/exceeded quota/.test(said))
    return `${name} is refused by a ResourceQuota of namespace ${namespace} (${said}); raise it or free some of it.`;
  if (error.status === 403 && / cannot \w+ resource /.test(said)) return rightsText(attempt, said);
  if (error.status === 404) return `${name} cannot be made: ${said}; create the namespace.`;
  if (isImmutable(error)) return immutableText(attempt, error);
  return `${name} is refused by the API server (${said}); check spec.provider.kubernetes of the EnvoyProxy.`;
}

function rightsText({ verb, kind, key }: Attempt, said: string): string {
  const wanted = / cannot (\w+) resource /.exec(said)?.[1] ?? verb;
  return `${objectName(kind, key)}: the operator may not ${wanted} ${resourceName(kind)} in namespace ${nameOf(key).namespace ?? ''}; grant it the verb ${wanted} on them.`;
}

/** What it costs to begin anew, by kind: it is not ours to choose the moment. */
const COST: Readonly<Record<string, string>> = {
  [DEPLOYMENT.kind]: 'its pods start anew',
  [DAEMON_SET.kind]: 'its pods start anew',
  [SERVICE.kind]: 'its address may change',
};

function immutableText({ kind, key }: Attempt, error: KubernetesError): string {
  const fields = causesOf(error).flatMap(({ field = '' }) => (field === '' ? [] : [field]));
  const what = fields.length === 0 ? sentence(error) : [...new Set(fields)].join(', ');
  const cost = COST[kind.kind] ?? 'nothing is lost';
  return `${objectName(kind, key)} cannot be changed in place (${what} cannot be changed once it is made); delete it when it suits, ${cost}, and it is made anew at once.`;
}

/** Kinds that nobody talks to: they are made anew without asking. */
const REPLACEABLE: readonly string[] = [CONFIG_MAP.kind, AUTOSCALER.kind, DISRUPTION_BUDGET.kind];
export const isReplaceable = ({ kind }: ResourceKind): boolean => REPLACEABLE.includes(kind);

interface Cause {
  readonly reason?: string;
  readonly field?: string;
}

// Boundary: metav1.StatusDetails of the API server.
const causesOf = (error: KubernetesError): readonly Cause[] => (error.details['causes'] ?? []) as readonly Cause[];

const isTerminating = (error: KubernetesError): boolean => causesOf(error).some(({ reason }) => reason === 'NamespaceTerminating');

/** What the server said, without the request before it and the full stop behind it. */
const sentence = ({ message }: KubernetesError): string => message.replace(/^[A-Z]+ \S+ answered \d+: /, '').replace(/\.$/, '');
