import type { Problem } from '../../ir/problem.ts';
import { kindName } from '../kind-name.ts';
import type { ProxyVerdict } from './proxy-verdicts.ts';

/** Who refers to an EnvoyProxy: `field` is where, `namespace` where the EnvoyProxy is (undefined: nothing says so). */
export interface ProxyReference {
  readonly field: string;
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** What a `parametersRef` came to. */
export interface Parameters {
  /** Key of the EnvoyProxy, also of one that is not there; undefined: the reference is none to an EnvoyProxy. */
  readonly proxy: string | undefined;
  readonly verdict: ProxyVerdict | undefined;
  readonly problem: Problem | undefined;
}

const GROUP = 'gateway.envoyproxy.io';

/** @param verdictOf answers undefined for an EnvoyProxy that does not exist */
export function resolveParameters(
  { field, group, kind, name, namespace }: ProxyReference,
  verdictOf: (key: string) => ProxyVerdict | undefined,
): Parameters {
  if (group !== GROUP || kind !== 'EnvoyProxy') {
    return noProxy(`Field ${field}: ${kindName({ group, kind })} cannot hold parameters; name an EnvoyProxy of group ${GROUP}.`);
  }
  if (namespace === undefined) return noProxy(`Field ${field}.namespace: missing; an EnvoyProxy lives in a namespace, so name it.`);
  const proxy = `${namespace}/${name}`;
  const verdict = verdictOf(proxy);
  if (verdict === undefined) {
    const problem = invalidParameters(`Field ${field}: EnvoyProxy ${proxy} does not exist; create it or remove the reference.`);
    return { proxy, verdict, problem };
  }
  return { proxy, verdict, problem: verdict.problem && invalidParameters(`EnvoyProxy ${proxy} is not valid: ${verdict.problem.message}`) };
}

export const invalidParameters = (message: string): Problem => ({ type: 'Accepted', reason: 'InvalidParameters', message });
const noProxy = (message: string): Parameters => ({ proxy: undefined, verdict: undefined, problem: invalidParameters(message) });
