import { parse } from 'yaml';
import type { KubernetesObject } from '../../../../crds/object-meta.ts';
import { delta, isMap, type Plain } from '../../../../translators/testing/delta.ts';
import { GOLDEN_NOW, merged, section, statusesOf } from '../../../../translators/testing/golden.ts';
import { SETTINGS } from '../../../../translators/testing/settings.ts';
import { objectsOf } from '../../../../translators/testing/yaml-objects.ts';
import { translate } from '../../../../translators/translate.ts';
import { defaultRenderOptions } from '../default-options.ts';
import type { RenderOptions } from '../fleet-context.ts';
import { proxySettings } from '../proxy-settings.ts';
import { renderFleet } from '../render.ts';

export const OPTIONS = defaultRenderOptions('test');

/** A case with this comment has its proxies in the namespace of their Gateway; what it is compared with has them with the controller. */
const WITH_GATEWAYS = '# deploy: GatewayNamespace\n';
const optionsOf = (given: string): RenderOptions =>
  given.includes(WITH_GATEWAYS) ? { ...OPTIONS, deploy: 'GatewayNamespace', trustedCa: 'PEM of the CA' } : OPTIONS;

/** What objects come to: their statuses, and the manifests of each fleet or why there are none. */
export function outcomeOf(objects: readonly KubernetesObject[], options = OPTIONS) {
  const translation = translate(objects, { settings: { ...SETTINGS, ...proxySettings(options) }, now: GOLDEN_NOW });
  return { translation, fleets: translation.infra.map((infra) => ({ infra, rendered: renderFleet(infra, options) })) };
}

export const objectsOfCase = (given: string, base: string): readonly KubernetesObject[] => merged(objectsOf(base), objectsOf(given));

/** `# expect: status` and `# expect: infra`, each what differs from the base. */
export function infraExpectationsOf(given: string, base: string): string {
  const [before, after] = [viewOfBase(base), viewOf(outcomeOf(objectsOfCase(given, base), optionsOf(given)))];
  return `${section('status', delta(before.statuses, after.statuses))}${section('infra', delta(before.manifests, after.manifests))}`;
}

interface View {
  readonly statuses: Plain;
  readonly manifests: Plain;
}

const viewOf = (outcome: ReturnType<typeof outcomeOf>): View => ({
  statuses: statusesOf(outcome.translation),
  manifests: manifestsOf(outcome),
});

const bases = new Map<string, View>();

/** All cases have one base: it is translated and rendered once. */
function viewOfBase(text: string): View {
  const view = bases.get(text) ?? viewOf(outcomeOf(objectsOf(text)));
  bases.set(text, view);
  return view;
}

function manifestsOf({ fleets }: ReturnType<typeof outcomeOf>): Plain {
  const entries = fleets.flatMap(({ infra, rendered }): readonly (readonly [string, Plain])[] =>
    rendered.ok
      ? rendered.value.map((object) => [`${infra.fleet} ${kindOf(object)}`, readable(plain(object))] as const)
      : [[`fleet ${infra.fleet}`, rendered.problem.message]],
  );
  return Object.fromEntries(entries);
}

/** A DaemonSet stands where a Deployment stood. */
const kindOf = ({ kind }: KubernetesObject): string => (kind === 'DaemonSet' ? 'Deployment' : kind);

// What is applied is JSON.
const plain = (object: KubernetesObject): Plain => JSON.parse(JSON.stringify(object)) as Plain;

const CONFIG = '--config-yaml';

/** The bootstrap stands in an argument as text; taken apart, only what differs of it is shown. */
function readable(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(readable);
  if (!isMap(value)) return value;
  const args = value['args'];
  const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, readable(field)]));
  const at = Array.isArray(args) ? args.indexOf(CONFIG) : -1;
  if (!Array.isArray(args) || at < 0) return fields;
  return { ...fields, args: [...args.slice(0, at), ...args.slice(at + 2)], bootstrap: parse(String(args[at + 1])) as Plain };
}
