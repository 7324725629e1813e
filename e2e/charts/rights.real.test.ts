import { describeRight, neededRights } from '../../operator/needed-rights.ts';
import { followedKinds } from '../../operator/testing/followed-kinds.ts';
import { grantedRights } from './granted-rights.ts';
import { HOME, rendered } from './helm.ts';

const FOLLOWED = await followedKinds();
const needed = (watched?: readonly string[], home = HOME): readonly string[] =>
  neededRights({ followed: FOLLOWED, home, watched }).map(describeRight).sort();

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
    expect(grantedRights(await rendered({ values }), 'envoy-gateway')).toEqual(needed(['default'], 'gateways'));
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
