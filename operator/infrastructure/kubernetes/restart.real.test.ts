import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { splitCase } from '../../../translators/testing/golden.ts';
import { SERVICE } from './proxy-kinds.ts';
import { renderFleet } from './render.ts';
import { OPTIONS, objectsOfCase, outcomeOf } from './testing/infra-golden.ts';
import { InfrastructureWorld } from './testing/infrastructure-world.ts';
import { manifestsOf } from './testing/manifests.ts';

jest.setTimeout(120_000);

/**
 * Everything that is rendered in the golden cases, at a real API server: an operator that starts again, or takes over, finds it as it should be and
 * writes nothing. Else a change of leaders would write every object of every Gateway.
 */
describe('a restart', () => {
  const cases = path.join(import.meta.dirname, 'cases');
  const base = readFileSync(path.resolve(import.meta.dirname, '../../../translators/testing/base.yaml'), 'utf8');
  const fleetsOf = (file: string) =>
    outcomeOf(objectsOfCase(splitCase(readFileSync(path.join(cases, file), 'utf8')).given, base)).fleets.filter(
      ({ rendered }) => rendered.ok,
    );
  const files = globSync('*.yaml', { cwd: cases })
    .filter((file) => fleetsOf(file).length > 0)
    .sort();

  let server: KubernetesServer;
  let world: InfrastructureWorld;
  let count = 0;
  beforeAll(async () => {
    server = await startKubernetesServer({ apiServerFlags: ['--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112'] });
    world = new InfrastructureWorld(server, OPTIONS.namespace);
    await world.prepare();
    world.render = (infra) =>
      infra.fleet.startsWith('marker/') ? { ok: true, value: manifestsOf(infra, OPTIONS.namespace) } : renderFleet(infra, OPTIONS);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  /** All that came before is compared when what was asked for after it is there. */
  const settle = async (): Promise<void> => {
    count += 1;
    const name = world.gateway(`marker/m-${count}`);
    await world.until(SERVICE, name);
    world.fleets.remove(`marker/m-${count}`);
    await world.untilGone(SERVICE, name);
  };
  const writes = (): readonly string[] =>
    world.records.splice(0).flatMap(({ verb, kind, name }) => (name.startsWith('envoy-marker-') ? [] : [`${verb} ${kind}`]));

  test.each(files)('writes nothing of %s', async (file) => {
    const fleets = fleetsOf(file);
    for (const { infra } of fleets) world.fleets.set(infra);
    world.start();
    await settle();
    for (const { infra } of fleets) await world.healed(infra.fleet);
    expect(writes().length).toBeGreaterThanOrEqual(4);
    await world.stop();
    world.start();
    await settle();
    expect(writes()).toEqual([]);
    for (const { infra } of fleets) world.fleets.remove(infra.fleet);
    await settle();
    await world.stop();
    expect(await world.all()).toEqual([]);
    world.records.splice(0);
  });
});
