import { basename } from 'node:path';
import { envoyGatewayCrds, gatewayApiCrds } from './gateway-api-crds.ts';

const names = (files: readonly string[]): readonly string[] => files.map((file) => basename(file));

test('both channels of the Gateway API are there', async () => {
  expect(names(await gatewayApiCrds('standard'))).toContain('gateway.networking.k8s.io_httproutes.yaml');
  expect(names(await gatewayApiCrds('experimental'))).toContain('gateway.networking.x-k8s.io_xmeshes.yaml');
}, 120_000);

test("Envoy Gateway's CRDs are there", async () => {
  expect(names(await envoyGatewayCrds())).toContain('gateway.envoyproxy.io_backendtrafficpolicies.yaml');
}, 120_000);
