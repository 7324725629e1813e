import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Finding, subject } from './finding.ts';
import { isWrong, type ToldCondition, toldConditions } from './told-conditions.ts';

export interface StatusComparison {
  /** As it is in the cluster. */
  readonly before: KubernetesObject;
  /** The same object with the status that our translation gives it. */
  readonly after: KubernetesObject;
  readonly controllerName: string;
  /** Nothing that it refers to can be missing only because it was not given to us. */
  readonly whole: boolean;
}

/**
 * Those that refuse something, in this order one the cause of another. Others follow from these, from proxies and endpoints that a translation does not
 * see (Programmed, BackendsAvailable), or only warn (RouteRulesOverlap, OverlappingTLSConfig).
 */
const REFUSALS = ['Accepted', 'Conflicted', 'ResolvedRefs', 'PartiallyInvalid'];
/** What is said of things that were not found. */
const MISSING: ReadonlySet<string> = new Set([
  'BackendNotFound',
  'InvalidBackendTLS',
  'InvalidCACertificateRef',
  'InvalidCertificateRef',
  'InvalidClientCertificateRef',
  'InvalidParameters',
  'RefNotPermitted',
  'NoMatchingParent',
  'NoValidCACertificate',
  'TargetNotFound',
]);
/** A Gateway's summary of what its listeners say themselves. */
const SUMMARY = 'ListenersNotResolved';

/** What our translation says of an object, held against what Envoy Gateway has written into its status. */
export function statusFindings(comparison: StatusComparison): readonly Finding[] {
  const { before, after, controllerName } = comparison;
  const told = ({ status }: KubernetesObject) =>
    toldConditions(status, controllerName).filter(({ type, reason }) => REFUSALS.includes(type) && reason !== SUMMARY);
  const [old, fresh] = [told(before), told(after)];
  const wrong = distinct(fresh.filter(isWrong));
  const mended = distinct(old.filter(isWrong)).filter(
    (was) => !wrong.some((is) => is.of === was.of) && fresh.some((is) => is.of === was.of),
  );
  return [...wrong.map((is) => refusal(comparison, is, old)), ...mended.map((was) => acceptance(before, was))];
}

/** One a part of the object, and none that repeats another's words. */
function distinct(conditions: readonly ToldCondition[]): readonly ToldCondition[] {
  const ordered = conditions.toSorted((a, b) => rank(a) - rank(b));
  const byPart = [...new Map(ordered.toReversed().map((condition) => [condition.of, condition])).values()].toReversed();
  return [...new Map(byPart.toReversed().map((condition) => [condition.message, condition])).values()].toReversed();
}

const rank = ({ type }: ToldCondition): number => REFUSALS.indexOf(type);

function refusal({ before, whole }: StatusComparison, is: ToldCondition, old: readonly ToldCondition[]): Finding {
  const part = { object: subject(before), ...(is.of === '' ? {} : { field: is.of }) };
  const said = old.filter(({ of }) => of === is.of);
  const was = said.find(isWrong);
  if (was !== undefined) {
    const message = `It does not work today either: Envoy Gateway says ${was.reason} (${was.message}), Gatehouse ${is.reason}: ${is.message}`;
    return { severity: 'works', code: 'BrokenAlready', ...part, message };
  }
  if (!whole && MISSING.has(is.reason)) {
    const cure = 'Add what it refers to to the files, or look at the cluster itself.';
    return {
      severity: 'differs',
      code: 'NotInInput',
      ...part,
      message: `It may refer to something that is not in the files: ${is.message}`,
      cure,
    };
  }
  const today = said.length === 0 ? 'Its status holds no word of Envoy Gateway.' : 'Envoy Gateway accepts it.';
  return {
    severity: 'stops',
    code: 'RefusedHere',
    ...part,
    message: `${today} Gatehouse says ${is.type}=${is.holds ? 'True' : 'False'}, ${is.reason}: ${is.message}`,
    cure: 'Change what the message names before you move, or stay with Envoy Gateway until Gatehouse has it.',
  };
}

const acceptance = (before: KubernetesObject, was: ToldCondition): Finding => ({
  severity: 'differs',
  code: 'AcceptedHere',
  object: subject(before),
  ...(was.of === '' ? {} : { field: was.of }),
  message: `Envoy Gateway refuses it (${was.reason}: ${was.message}) and Gatehouse does not: it begins to serve.`,
  cure: 'Delete it if it shall not serve.',
});
