import { parse } from 'yaml';
import type { FieldError } from '../../crds/admission.ts';
import { type EnvoyGateway, envoyGateway } from '../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { envoyProxySpec } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { validate } from '../../crds/validate.ts';
import { BUILT_IN, judgeConfiguration } from '../configuration.ts';
import { isWithGateways } from '../configuration-change.ts';
import { fieldsOf } from '../infrastructure/kubernetes/json-fields.ts';
import { isOfGatehouse } from './controller-findings.ts';
import { type Finding, subject } from './finding.ts';

/** Where Envoy Gateway's chart keeps its configuration (contract D.1). */
export const CONFIGURATION = { name: 'envoy-gateway-config', key: 'envoy-gateway.yaml' } as const;

/** The part of a configuration that decides what an object comes to. */
export type MigrationConfiguration = Pick<EnvoyGateway, 'gateway' | 'provider' | 'envoyProxy'>;

export interface ReadConfiguration {
  /** As far as it can be taken; what is not said is as in an installation by default. */
  readonly configuration: MigrationConfiguration;
  readonly findings: readonly Finding[];
}

const isConfiguration = ({ kind, metadata }: KubernetesObject): boolean => kind === 'ConfigMap' && metadata.name === CONFIGURATION.name;

/** What Gatehouse says of the EnvoyGateway configuration, which it must be able to start with. */
export function readConfiguration(objects: readonly KubernetesObject[]): ReadConfiguration {
  const found = objects.find(isConfiguration);
  const built = validate(envoyGateway, BUILT_IN);
  if (!built.ok) throw new Error('the built-in configuration is not valid');
  if (found === undefined) return { configuration: built.value, findings: [] };
  // ConfigMaps of a cluster: `data` is all that there is beside metadata.
  const text = fieldsOf((found as KubernetesObject & { readonly data?: unknown }).data)[CONFIGURATION.key];
  const value = parsed(typeof text === 'string' ? text : '');
  if (!value.ok) return { configuration: built.value, findings: [refused(found, { path: '', message: value.message })] };
  const { own, ofChart } = isOfGatehouse(found) ? { own: value.value, ofChart: [] } : withoutChart(value.value);
  const errors = judgeConfiguration(own);
  const findings = errors.length > 0 ? errors.map((error) => refused(found, error)) : [taken(found)];
  const configuration = { ...built.value, ...knownParts(own, built.value) };
  return {
    configuration,
    findings: [
      ...findings,
      ...(isWithGateways(configuration) ? [withGateways(found)] : []),
      ...(ofChart.length > 0 ? [chartOnly(found, ofChart)] : []),
    ],
  };
}

/** How the service for rate limits would be run; the chart says it whether somebody asks for the service or not. */
const RATE_LIMIT_SERVICE = ['rateLimitDeployment', 'rateLimitHpa', 'rateLimitPDB'];

/** What a person has chosen, without what Envoy Gateway's chart adds by itself: images of its own, above all. */
function withoutChart(value: unknown): { readonly own: unknown; readonly ofChart: readonly string[] } {
  const { provider, rateLimit, ...rest } = fieldsOf(value);
  const { kubernetes, ...others } = fieldsOf(provider);
  const fields = fieldsOf(kubernetes);
  const ofChart = ['shutdownManager', ...(rateLimit === undefined ? RATE_LIMIT_SERVICE : [])].filter((name) => name in fields);
  if (ofChart.length === 0) return { own: value, ofChart };
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !ofChart.includes(name)));
  const own = { ...rest, ...(rateLimit === undefined ? {} : { rateLimit }), provider: { ...others, kubernetes: kept } };
  return { own, ofChart: ofChart.map((name) => `provider.kubernetes.${name}`) };
}

const chartOnly = (object: KubernetesObject, fields: readonly string[]): Finding => ({
  severity: 'differs',
  code: 'ConfigurationOfChart',
  object: subject(object),
  field: fields.map((field) => `${CONFIGURATION.key}: ${field}`).join(', '),
  message:
    "Envoy Gateway's chart writes this by itself, for images of its own. Gatehouse's chart writes a ConfigMap of its own, without it.",
  cure: 'Copy into config.envoyGateway of the chart what you chose, and not this.',
});

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function parsed(text: string): Parsed {
  if (text.trim() === '') return { ok: false, message: `there is no text at data["${CONFIGURATION.key}"]` };
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    return { ok: false, message: `it is no YAML (${String(error).split('\n')[0]})` };
  }
}

/** Each part by itself, so that one that is refused hides no other. */
function knownParts(value: unknown, built: MigrationConfiguration): Partial<MigrationConfiguration> {
  const { gateway, provider, envoyProxy } = fieldsOf(value);
  const name = fieldsOf(gateway)['controllerName'];
  const base = { apiVersion: BUILT_IN.apiVersion, kind: BUILT_IN.kind };
  const withProvider = validate(envoyGateway, { ...base, provider }, { unknownFields: 'prune' });
  const proxy = envoyProxy === undefined ? undefined : validate(envoyProxySpec, envoyProxy, { unknownFields: 'prune' });
  return {
    gateway: typeof name === 'string' ? { controllerName: name } : built.gateway,
    ...(withProvider.ok ? { provider: withProvider.value.provider } : {}),
    ...(proxy?.ok === true ? { envoyProxy: proxy.value } : {}),
  };
}

const refused = (object: KubernetesObject, { path, message }: FieldError): Finding => ({
  severity: 'stops',
  code: 'ConfigurationRefused',
  object: subject(object),
  field: path === '' ? CONFIGURATION.key : `${CONFIGURATION.key}: ${path}`,
  message: `Gatehouse does not start with this configuration (${message}).`,
  cure: 'Put the field right in config.envoyGateway of the chart, and do without what it does.',
});

const withGateways = (object: KubernetesObject): Finding => ({
  severity: 'differs',
  code: 'GatewayNamespaceMode',
  object: subject(object),
  field: `${CONFIGURATION.key}: provider.kubernetes.deploy.type`,
  message:
    'Proxies are in the namespaces of their Gateways, and taken over there. The controller needs rights on what they are made of wherever Gateways are, and on TokenReviews.',
  cure: 'Give the chart this deploy type as config.envoyGateway.provider.kubernetes.deploy.type: it grants these rights by it.',
});

const taken = (object: KubernetesObject): Finding => ({
  severity: 'works',
  code: 'ConfigurationTaken',
  object: subject(object),
  field: CONFIGURATION.key,
  message: 'Gatehouse starts with what is said here.',
  cure: 'Give it to the chart as config.envoyGateway, where it differs from the default.',
});
