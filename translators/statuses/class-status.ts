import { INSTALLED, type InstalledDefinition, type InstalledVersions, SUPPORTED_VERSIONS } from '../gateway-api/gateway-api-definitions.ts';
import type { OwnedClass } from '../gateway-api/owned-classes.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Settings } from '../settings.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';
import { supportedFeatures } from './supported-features.ts';

export interface GatewayClassStatus {
  readonly conditions: readonly ConditionNode[];
  readonly supportedFeatures: readonly { readonly name: string }[];
}

export interface ClassSources {
  readonly classes: Collection<OwnedClass>;
  readonly installed: Collection<InstalledVersions>;
}

/** Keyed by class. */
export function classStatuses(graph: Graph, { classes, installed }: ClassSources, { deploy }: Settings): Collection<GatewayClassStatus> {
  const features = supportedFeatures(deploy).map((name) => ({ name }));
  return graph.derive('classStatuses', classes, function* (owned, fetch, key) {
    const problems = owned.problem === undefined ? [] : [owned.problem];
    const accepted = conditionOf('Accepted', problems, holds('Accepted', 'Accepted', 'Valid GatewayClass.'));
    yield [
      key,
      {
        conditions: stamped([accepted, ...supportedVersion(fetch.one(installed, INSTALLED))], owned.generation),
        supportedFeatures: features,
      },
    ];
  });
}

const SHOWN = 3;

/** Other versions are served as well as can be (GatewayClassConditionStatusSupportedVersion, "best effort"). */
function supportedVersion(installed: InstalledVersions | undefined): readonly Draft[] {
  if (installed === undefined) return [];
  const { versions, unsupported } = installed;
  if (unsupported.length === 0) {
    return [holds('SupportedVersion', 'SupportedVersion', `The Gateway API that is installed is supported: ${versions.join(', ')}.`)];
  }
  const shown = unsupported.slice(0, SHOWN).map(definitionText).join(', ');
  const more = unsupported.length > SHOWN ? ` and ${unsupported.length - SHOWN} more` : '';
  return [
    fails(
      'SupportedVersion',
      'UnsupportedVersion',
      `These CustomResourceDefinitions of the Gateway API are of no version that is supported (${SUPPORTED_VERSIONS}): ${shown}${more}; install a release of those. Until then they are read as well as can be.`,
    ),
  ];
}

const definitionText = ({ name, version }: InstalledDefinition): string => `${name} (${version ?? 'it does not say which'})`;
