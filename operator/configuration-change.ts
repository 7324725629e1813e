import { isDeepStrictEqual } from 'node:util';
import { type ClusterSettings, DEFAULT_CLUSTER_SETTINGS } from '../crds/gateway-envoyproxy-io/controller-cluster.ts';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';

/** What the configuration says of the cluster, whichever provider it is; defaults where it says nothing. */
export const clusterSettingsOf = ({ provider }: EnvoyGateway): ClusterSettings =>
  provider.kubernetes ?? provider.custom?.resource.kubernetes ?? DEFAULT_CLUSTER_SETTINGS;

/** The proxies of a Gateway run in its namespace. */
export const isWithGateways = ({ provider }: Pick<EnvoyGateway, 'provider'>): boolean =>
  provider.kubernetes?.deploy.type === 'GatewayNamespace';

/** Parts that can change under a running operator. */
const SECTIONS = {
  logging: ({ logging }: EnvoyGateway): unknown => logging,
  admin: ({ admin }: EnvoyGateway): unknown => admin,
  envoyProxy: ({ envoyProxy }: EnvoyGateway): unknown => envoyProxy,
  watch: (configuration: EnvoyGateway): unknown => clusterSettingsOf(configuration).watch,
  leaderElection: (configuration: EnvoyGateway): unknown => clusterSettingsOf(configuration).leaderElection,
  client: (configuration: EnvoyGateway): unknown => clusterSettingsOf(configuration).client,
  cacheSyncPeriod: (configuration: EnvoyGateway): unknown => clusterSettingsOf(configuration).cacheSyncPeriod,
} as const;
export type Section = keyof typeof SECTIONS;
const NAMES: readonly Section[] = ['logging', 'admin', 'envoyProxy', 'watch', 'leaderElection', 'client', 'cacheSyncPeriod'];

export interface ConfigurationChange {
  /** The sections that differ. */
  readonly sections: readonly Section[];
  /** The fields outside of all sections that differ, by path. */
  readonly others: readonly string[];
}

export const changeOf = (before: EnvoyGateway, after: EnvoyGateway): ConfigurationChange => ({
  sections: NAMES.filter((name) => !isDeepStrictEqual(SECTIONS[name](before), SECTIONS[name](after))),
  others: [...differing(outsideSections(before), outsideSections(after), '')],
});

function outsideSections(configuration: EnvoyGateway): object {
  const { logging: _logging, admin: _admin, envoyProxy: _envoyProxy, provider, ...rest } = configuration;
  const { kubernetes, custom, ...providerRest } = provider;
  const resource = custom && { ...custom.resource, kubernetes: withoutCluster(custom.resource.kubernetes ?? {}) };
  return {
    ...rest,
    provider: { ...providerRest, kubernetes: withoutCluster(kubernetes ?? {}), custom: custom && { ...custom, resource } },
  };
}

function withoutCluster(settings: Partial<ClusterSettings>): object {
  const { watch: _watch, leaderElection: _leaderElection, client: _client, cacheSyncPeriod: _cacheSyncPeriod, ...rest } = settings;
  return rest;
}

/** The deepest paths at which two values differ. */
function* differing(before: unknown, after: unknown, path: string): Iterable<string> {
  if (isDeepStrictEqual(before, after)) return;
  if (!isRecord(before) || !isRecord(after)) {
    yield path;
    return;
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    yield* differing(before[name], after[name], path === '' ? name : `${path}.${name}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
