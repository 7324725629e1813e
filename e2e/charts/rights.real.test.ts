import { describeRight, neededRights } from '../../operator/needed-rights.ts';
import { followedKinds } from '../../operator/testing/followed-kinds.ts';
import type { DeployMode } from '../../translators/settings.ts';
import { grantedRights } from './granted-rights.ts';
import { found, HOME, rendered } from './helm.ts';
import { podOf } from './rendered-parts.ts';

const FOLLOWED = await followedKinds();
const needed = (watched?: readonly string[], { home = HOME, deploy = 'ControllerNamespace' }: Installation = {}): readonly string[] =>
  neededRights({ followed: FOLLOWED, home, deploy, watched }).map(describeRight).sort();

interface Installation {
  readonly home?: string;
  readonly deploy?: DeployMode;
}

const WEBHOOK = `envoy-gateway-topology-injector.${HOME}`;
const watching = (watch: object) => ({ config: { envoyGateway: { provider: { kubernetes: { watch } } } } });

describe('the rights that the chart grants are those that the operator needs, no less and no more', () => {
  test('where it reads the whole cluster', async () => {
    expect(grantedRights(await rendered(), 'envoy-gateway')).toEqual(needed());
  });

  test('where labels choose the namespaces', async () => {
    const values = watching({ type: 'NamespaceSelector', namespaceSelector: { matchLabels: { gateway: 'allowed' } } });
    expect(grantedRights(await rendered({ values }), 'envoy-gateway')).toEqual(needed());
  });

  test('where it reads some namespaces alone', async () => {
    const values = watching({ type: 'Namespaces', namespaces: ['team-a', 'team-b'] });
    expect(grantedRights(await rendered({ values }), 'envoy-gateway')).toEqual(needed(['team-a', 'team-b']));
  });

  test('where it is somewhere else, and reads `default`', async () => {
    const values = { ...watching({ type: 'Namespaces', namespaces: ['default'] }), namespaceOverride: 'gateways' };
    expect(grantedRights(await rendered({ values }), 'envoy-gateway')).toEqual(needed(['default'], { home: 'gateways' }));
  });

  describe('where proxies are in the namespaces of their Gateways', () => {
    const deploy = 'GatewayNamespace';
    const withGateways = (kubernetes: object = {}) => ({
      config: { envoyGateway: { provider: { kubernetes: { ...kubernetes, deploy: { type: deploy } } } } },
    });
    const some = { watch: { type: 'Namespaces', namespaces: ['team-a', 'team-b'] } };
    const deletions = (rights: readonly string[]): readonly string[] => rights.filter((right) => right.startsWith('delete services'));

    test('it may make them in all namespaces', async () => {
      const objects = await rendered({ values: withGateways() });
      expect(grantedRights(objects, 'envoy-gateway')).toEqual(needed(undefined, { deploy }));
      expect(deletions(grantedRights(objects, 'gh-cleanup'))).toEqual(['delete services in *', `delete services in ${HOME}`]);
      expect(podOf(found(objects, 'Job', 'gh-cleanup')).spec.containers[0]?.args).toEqual(
        expect.arrayContaining(['--proxy-namespaces', '*']),
      );
      expect(JSON.stringify(found(objects, 'MutatingWebhookConfiguration', WEBHOOK))).not.toContain('namespaceSelector');
    });

    test('it may make them in the namespaces that it reads', async () => {
      const objects = await rendered({ values: withGateways(some) });
      const places = [HOME, 'team-a', 'team-b'];
      expect(grantedRights(objects, 'envoy-gateway')).toEqual(needed(['team-a', 'team-b'], { deploy }));
      expect(deletions(grantedRights(objects, 'gh-cleanup'))).toEqual(places.map((place) => `delete services in ${place}`));
      expect(podOf(found(objects, 'Job', 'gh-cleanup')).spec.containers[0]?.args).toContain(places.join());
      expect(JSON.stringify(found(objects, 'MutatingWebhookConfiguration', WEBHOOK))).toContain(JSON.stringify(places));
    });

    test('a mode that there is not is refused', async () => {
      const values = { config: { envoyGateway: { provider: { kubernetes: { deploy: { type: 'Somewhere' } } } } } };
      await expect(rendered({ values })).rejects.toThrow('/config/envoyGateway/provider/kubernetes/deploy/type');
    });
  });

  test('certgen makes and mends the certificates, and completes the one webhook', async () => {
    const webhook = `envoy-gateway-topology-injector.${HOME}`;
    const objects = await rendered();
    expect(grantedRights(objects, 'gh-ca-bundle')).toEqual(grantedRights(objects, 'gh-certgen'));
    expect(grantedRights(objects, 'gh-certgen')).toEqual([
      `create secrets in ${HOME}`,
      `get mutatingwebhookconfigurations.admissionregistration.k8s.io ${webhook} in *`,
      `get secrets in ${HOME}`,
      `patch mutatingwebhookconfigurations.admissionregistration.k8s.io ${webhook} in *`,
      `patch secrets in ${HOME}`,
    ]);
    const without = await rendered({ values: { topologyInjector: { enabled: false } } });
    expect(grantedRights(without, 'gh-certgen').filter((right) => right.includes('webhook'))).toEqual([]);
  });
});
