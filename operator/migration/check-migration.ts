import type { EnvoyProxy } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import { unprivilegedPort } from '../../translators/settings.ts';
import { type Translation, translate } from '../../translators/translate.ts';
import { configuredOptions, defaultRenderOptions } from '../infrastructure/kubernetes/default-options.ts';
import type { RenderOptions } from '../infrastructure/kubernetes/fleet-context.ts';
import { proxySettings } from '../infrastructure/kubernetes/proxy-settings.ts';
import { type Admitted, admitted } from './admitted-objects.ts';
import { certificateFindings } from './certificate-findings.ts';
import { closedPatterns } from './closed-patterns.ts';
import { clusterNameFindings, clusterNamesOfClass } from './cluster-name-findings.ts';
import { CONFIGURATION, type MigrationConfiguration, readConfiguration } from './configuration-findings.ts';
import { controllerFindings } from './controller-findings.ts';
import { type Finding, SEVERITIES, subject, subjectText } from './finding.ts';
import { ignoredRuleFields } from './ignored-rule-fields.ts';
import { infrastructureFindings } from './infrastructure-findings.ts';
import { isServed, type MigrationInput, type Scope, scopeOf } from './migration-input.ts';
import { namedAddressEffects, newEffects } from './new-effects.ts';
import { proxyFindings } from './proxy-findings.ts';
import { statusFindings } from './status-findings.ts';
import { isBuilt, isGatewayKind, unbuiltKind } from './unbuilt-kinds.ts';

/**
 * What becomes of a cluster that runs Envoy Gateway when Gatehouse takes its place, object by object: what stops comes first. Objects that nothing is
 * to be said of are named as working. Reads nothing and writes nothing.
 */
export function checkMigration(input: MigrationInput): readonly Finding[] {
  const { configuration, findings: ofConfiguration } = readConfiguration(input.objects);
  const scope = scopeOf(input.objects, configuration);
  const served = input.objects.filter((object) => isGatewayKind(object) && isServed(object, scope));
  const built = served.filter(isBuilt);
  const rendering = renderingOf(input, configuration);
  const taken = new Map<KubernetesObject, Admitted>(input.objects.filter(isBuilt).map((object) => [object, admitted(object)]));
  const translation = translated(input, { taken, configuration, rendering });
  const findings = [
    ...ofConfiguration,
    ...served.filter((object) => !isBuilt(object)).map(unbuiltKind),
    ...newEffects(built),
    ...namedAddressEffects(translation.infra),
    ...built.flatMap((object) => taken.get(object)?.findings ?? []),
    ...judgements({ built, translation, scope, whole: input.whole }),
    ...ignoredRuleFields(translation),
    ...closedPatterns(translation),
    ...proxies(configuration, input.namespace, [...taken.values()]),
    ...controllerFindings(input.objects, input.namespace),
    ...certificateFindings(input),
    ...infrastructureFindings({
      fleets: translation.infra,
      gateways: input.whole ? scope.gateways : undefined,
      live: input.objects,
      rendering,
    }),
    ...[...scope.classes].map(clusterNamesOfClass),
    ...clusterNameFindings(input.objects),
  ];
  return ordered([...findings, ...unchanged(built, findings)]);
}

interface Taken {
  readonly taken: ReadonlyMap<KubernetesObject, Admitted>;
  readonly configuration: MigrationConfiguration;
  readonly rendering: RenderOptions;
}

/** As the chart installs Gatehouse with this configuration. */
function renderingOf({ namespace, version }: MigrationInput, configuration: MigrationConfiguration): RenderOptions {
  const defaults = defaultRenderOptions(version);
  return { ...defaults, namespace, ...configuredOptions(configuration, defaults) };
}

function translated({ now }: MigrationInput, { taken, configuration, rendering }: Taken): Translation {
  const objects = [...taken.values()].flatMap(({ object }) => object ?? []);
  const settings = {
    controllerName: configuration.gateway.controllerName,
    bindPort: unprivilegedPort,
    bindAddress: '0.0.0.0',
    exclusivePorts: false,
    ...(configuration.envoyProxy === undefined ? {} : { envoyProxy: configuration.envoyProxy }),
    ...proxySettings(rendering),
  };
  return translate(objects, { settings, now });
}

interface Judged {
  readonly built: readonly KubernetesObject[];
  readonly translation: Translation;
  readonly scope: Scope;
  readonly whole: boolean;
}

function judgements({ built, translation, scope: { controllerName }, whole }: Judged): readonly Finding[] {
  const fresh = new Map(translation.statuses.map((object) => [`${object.kind} ${objectKey(object)}`, object]));
  return built.flatMap((before) => {
    const after = fresh.get(subjectText(subject(before)));
    return after === undefined ? [] : statusFindings({ before, after, controllerName, whole });
  });
}

function proxies({ envoyProxy }: MigrationConfiguration, namespace: string, taken: readonly Admitted[]): readonly Finding[] {
  const configured = { kind: 'ConfigMap', namespace, name: CONFIGURATION.name };
  return [
    ...(envoyProxy === undefined ? [] : proxyFindings(envoyProxy, configured, `${CONFIGURATION.key}: envoyProxy`)),
    ...taken.flatMap(({ object }) => (object?.kind === 'EnvoyProxy' ? proxyFindings((object as EnvoyProxy).spec, subject(object)) : [])), // admitted by its schema
  ];
}

/** An object of which it is only said that it was broken before is not called unchanged: that is said already. */
function unchanged(built: readonly KubernetesObject[], findings: readonly Finding[]): readonly Finding[] {
  const said = new Set(findings.map(({ object }) => subjectText(object)));
  return built
    .map(subject)
    .filter((object) => !said.has(subjectText(object)))
    .map((object) => ({ severity: 'works', code: 'Unchanged', object, message: 'It works as it does today.' }));
}

const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);

const ordered = (findings: readonly Finding[]): readonly Finding[] => findings.toSorted((a, b) => rank(a) - rank(b));
