import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';

/** The CustomResourceDefinition of a kind of the Gateway API, as far as its version goes. */
export interface InstalledDefinition {
  /** `gateways.gateway.networking.k8s.io` */
  readonly name: string;
  /** As its annotation says (`v1.6.3`); undefined: it says none. */
  readonly version: string | undefined;
}

/** What the definitions that are installed come to. */
export interface InstalledVersions {
  /** Each once, sorted. */
  readonly versions: readonly string[];
  /** Those that Gatehouse was not made for, by name. */
  readonly unsupported: readonly InstalledDefinition[];
}

const BUNDLE_VERSION = 'gateway.networking.k8s.io/bundle-version';
const GATEWAY_API = /\.gateway\.networking\.(x-)?k8s\.io$/;

/** Their releases, with candidates for them; `crds/parity.real.test.ts` holds our schemas against them. */
export const SUPPORTED_VERSIONS = 'v1.6 and v1.7';
const SUPPORTED = /^v1\.[67]\./;

/** Undefined: a definition of something else. */
export function definitionOf({ metadata: { name, annotations } }: KubernetesObject): InstalledDefinition | undefined {
  return GATEWAY_API.test(name) ? { name, version: annotations?.[BUNDLE_VERSION] } : undefined;
}

/** The key of the only member of `installedVersions`. */
export const INSTALLED = 'Gateway API';

/** At the one key `INSTALLED`; nothing where no definition is known, as with files. */
export function installedVersions(graph: Graph, definitions: Collection<InstalledDefinition>): Collection<InstalledVersions> {
  const all = graph.group('allDefinitions', definitions, { by: () => [INSTALLED] });
  return graph.derive('installedVersions', all, function* ({ members }, _fetch, key) {
    const versions = [...new Set(members.flatMap(({ version }) => version ?? []))].sort();
    yield [key, { versions, unsupported: members.filter(({ version }) => version === undefined || !SUPPORTED.test(version)) }];
  });
}
