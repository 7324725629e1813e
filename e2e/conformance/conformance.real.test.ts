import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import type { DeployMode } from '../../translators/settings.ts';
import { IMAGE_FOLDER } from '../images/image-archives.ts';
import { describeInCluster } from '../kind/cluster/describe-in-cluster.ts';
import { diagnose } from '../kind/cluster/diagnosis.ts';
import { figure } from '../kind/cluster/figures.ts';
import { type KindCluster, startKindCluster } from '../kind/cluster/kind-cluster.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { provenFeatures } from './proven-features.ts';
import { type ConformanceReport, parseReport, REPORTS, reportPath } from './published-report.ts';
import { tableOf } from './result-table.ts';
import { CLASS, prepareCluster } from './suite-cluster.ts';
import { ensureSuitePrograms, type SuitePrograms } from './suite-programs.ts';
import { runSuite, type SuiteOutcome } from './suite-run.ts';

/** In this order: the first mode's rights do not reach what the second has made (decision 25). */
const MODES: readonly DeployMode[] = ['ControllerNamespace', 'GatewayNamespace'];
/** Each has a profile. */
const ROUTES = ['HTTPRoute', 'TLSRoute', 'GRPCRoute', 'TCPRoute', 'UDPRoute'];
/** Minutes; a run in which all goes well takes a few. */
const LIMIT = 30;
jest.setTimeout((LIMIT + 10) * 60_000);

describeInCluster('the official conformance suite', () => {
  const report = stepReport(process.stderr);
  const folder = join(IMAGE_FOLDER, '..', 'conformance');
  let cluster: KindCluster;
  let programs: SuitePrograms;

  beforeAll(async () => {
    programs = await ensureSuitePrograms(report);
    cluster = await startKindCluster(IMAGE_FOLDER, report);
  });
  afterAll(() => cluster?.stop());

  describe.each(MODES)('with proxies by deploy type %s', (deploy) => {
    const gaps = KNOWN_GAPS[deploy];
    let outcome: SuiteOutcome;
    let published: readonly string[];

    beforeAll(async () => {
      const place = { ...cluster, enter: cluster.docker.enter };
      const prepared = await prepareCluster(place, { programs, folder, deploy }, report);
      try {
        const run = { suite: programs.suite, folder, deploy, exempt: Object.keys(gaps.features), limit: LIMIT };
        outcome = await runSuite(place, prepared, run, report);
      } finally {
        await prepared.stop();
      }
      figure(`the conformance suite, ${deploy}, s`, outcome.seconds);
      process.stderr.write(tableOf(outcome));
      const { status } = JSON.parse(await cluster.kubectl('get', 'gatewayclass', CLASS, '-o', 'json'));
      published = status.supportedFeatures.map(({ name }: { readonly name: string }) => name);
      if (outcome.tests.some(isUnexpected)) process.stderr.write(await diagnose(cluster));
    });

    const isUnexpected = ({ name, outcome: is }: SuiteOutcome['tests'][number]): boolean => is !== 'passed' && !(name in gaps.tests);
    const officialReport = (): ConformanceReport => {
      if (outcome.report === undefined) throw new Error(`the suite ended without a report; see ${outcome.log}`);
      return parseReport(outcome.report);
    };

    test('passes, but for the known gaps', () => {
      expect(outcome.tests.filter(isUnexpected).map(({ name, outcome: is, errors }) => ({ name, is, errors }))).toEqual([]);
      expect(outcome.tests.length).toBeGreaterThan(50);
    });

    test('passes none of the known gaps: what works is taken off the list', () => {
      const works = outcome.tests.filter(({ name, outcome: is }) => is === 'passed' && name in gaps.tests);
      const gone = Object.keys(gaps.tests).filter((name) => !outcome.tests.some((each) => each.name === name));
      const claimed = Object.keys(gaps.features).filter((feature) => published.includes(feature));
      expect([...works.map(({ name }) => name), ...gone, ...claimed]).toEqual([]);
    });

    test('leaves no other feature unclaimed', () => {
      const { profiles } = officialReport();
      expect(profiles.map(({ name }) => name)).toHaveLength(5 - ROUTES.filter((kind) => kind in gaps.features).length);
      const unclaimed = new Set(profiles.flatMap(({ extended }) => extended?.unsupportedFeatures ?? []));
      expect([...unclaimed].filter((feature) => !(feature in gaps.features))).toEqual([]);
    });

    test('the GatewayClass publishes what it proves, no more and no less', () => {
      const claimed = officialReport().profiles.flatMap(({ extended }) => extended?.supportedFeatures ?? []);
      expect(published).toEqual(provenFeatures(outcome.tests, claimed));
    });

    test('the report that is committed says the same', async () => {
      const official = officialReport();
      const committed = parseReport(await readFile(join(REPORTS, reportPath(official)), 'utf8'));
      expect(comparable(committed)).toEqual(comparable(official));
    });
  });
});

/** The suite writes profiles in any order. */
const comparable = ({ profiles, mode, gatewayAPIVersion, gatewayAPIChannel, implementation }: ConformanceReport) => ({
  profiles: profiles.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  mode,
  gatewayAPIVersion,
  gatewayAPIChannel,
  implementation,
});
