import type { KubernetesObject } from '../../crds/object-meta.ts';
import { gatewayClass } from '../testing/objects.ts';
import { createPipelines } from '../testing/pipelines.ts';

const definition = (name: string, version?: string): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name, ...(version === undefined ? {} : { annotations: { 'gateway.networking.k8s.io/bundle-version': version } }) },
});
const gateways = (version?: string): KubernetesObject => definition('gateways.gateway.networking.k8s.io', version);
const xBackends = (version: string): KubernetesObject => definition('xbackends.gateway.networking.x-k8s.io', version);

function started(...definitions: readonly KubernetesObject[]) {
  const pipelines = createPipelines();
  for (const each of [gatewayClass('ours'), ...definitions]) pipelines.put(each);
  pipelines.settle();
  const told = (): string | undefined => {
    const found = pipelines.main.statuses.gatewayClasses.get('ours')?.conditions.find(({ type }) => type === 'SupportedVersion');
    return found && `${found.status} ${found.reason}: ${found.message}`;
  };
  return { pipelines, told };
}

test('nothing is said of versions that nobody knows', () => {
  expect(started().told()).toBeUndefined();
  expect(started(definition('backends.gateway.envoyproxy.io')).told()).toBeUndefined();
});

test('both versions that Gatehouse was made for are supported, also side by side', () => {
  const { told } = started(gateways('v1.6.3'), xBackends('v1.7.0'), definition('backends.gateway.envoyproxy.io'));
  expect(told()).toBe('True SupportedVersion: The Gateway API that is installed is supported: v1.6.3, v1.7.0.');
});

test.each([
  ['of an older version', 'v1.5.1', 'v1.5.1'],
  ['of a newer version', 'v1.8.0', 'v1.8.0'],
  ['of v1.60', 'v1.60.0', 'v1.60.0'],
  ['without a version', undefined, 'it does not say which'],
])('a definition %s is not', (_name, version, shown) => {
  const { told } = started(gateways(version), xBackends('v1.7.0'));
  expect(told()).toBe(
    `False UnsupportedVersion: These CustomResourceDefinitions of the Gateway API are of no version that is supported (v1.6 and v1.7): gateways.gateway.networking.k8s.io (${shown}); install a release of those. Until then they are read as well as can be.`,
  );
});

test('three are named, and all follow what is installed', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((plural) => `${plural}.gateway.networking.k8s.io`);
  const { pipelines, told } = started(...names.map((name) => definition(name, 'v1.5.0')));
  expect(told()).toMatch(/: a\.gateway\S+ \(v1\.5\.0\), b\S+ \(v1\.5\.0\), c\S+ \(v1\.5\.0\) and 2 more; install/);
  for (const name of names) pipelines.put(definition(name, 'v1.7.1'));
  pipelines.settle();
  expect(told()).toBe('True SupportedVersion: The Gateway API that is installed is supported: v1.7.1.');
  for (const name of names) pipelines.remove(definition(name));
  pipelines.settle();
  expect(told()).toBeUndefined();
});
