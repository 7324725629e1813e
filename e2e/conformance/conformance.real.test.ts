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
import { KNOWN_GAPS as GAPS } from './known-gaps.ts';
import { provenFeatures } from './proven-features.ts';
import { type ConformanceReport, parseReport, REPORTS, reportPath } from './published-report.ts';
import { tableOf } from './result-table.ts';
import { CLASS, type Preparation, type PreparedCluster, prepareCluster, type SuiteCluster } from './suite-cluster.ts';
import { ensureSuitePrograms } from './suite-programs.ts';
import { runSuite, type SuiteOutcome } from './suite-run.ts';

const DEPLOY = 'ControllerNamespace';
const KNOWN_GAPS = GAPS[DEPLOY];
/** What concerns the other mode: that proxies are where they are looked for, that they are given their configuration, and that traffic goes through. */
const WITH_GATEWAYS = ['GatewayInfrastructureMetadata', 'HTTPRouteSimpleSameNamespace'];
/** Each has a profile. */
const ROUTES = ['HTTPRoute', 'TLSRoute', 'GRPCRoute', 'TCPRoute', 'UDPRoute'];
/** Minutes; a run in which all goes well takes a few. */
const LIMIT = 30;
jest.setTimeout((LIMIT + 10) * 60_000);

describeInCluster('the official conformance suite', () => {
  let cluster: KindCluster;
  let prepared: PreparedCluster;
  let outcome: SuiteOutcome;
  let published: readonly string[];
  let place: SuiteCluster;
  let preparation: Omit<Preparation, 'deploy'>;

  beforeAll(async () => {
    const report = stepReport(process.stderr);
    const programs = await ensureSuitePrograms(report);
    cluster = await startKindCluster(IMAGE_FOLDER, report);
    place = { ...cluster, enter: cluster.docker.enter };
    const folder = join(IMAGE_FOLDER, '..', 'conformance');
    preparation = { programs, folder };
    prepared = await prepareCluster(place, { ...preparation, deploy: DEPLOY }, report);
    outcome = await runSuite(
      place,
      prepared,
      { suite: programs.suite, folder, deploy: DEPLOY, exempt: Object.keys(KNOWN_GAPS.features), limit: LIMIT },
      report,
    );
    figure('the conformance suite, s', outcome.seconds);
    process.stderr.write(tableOf(outcome));
    const { status } = JSON.parse(await cluster.kubectl('get', 'gatewayclass', CLASS, '-o', 'json'));
    published = status.supportedFeatures.map(({ name }: { readonly name: string }) => name);
    if (outcome.tests.some(isUnexpected)) process.stderr.write(await diagnose(cluster));
  });
  afterAll(async () => {
    try {
      await prepared?.stop();
    } finally {
      await cluster?.stop();
    }
  });

  const isUnexpected = ({ name, outcome: is }: SuiteOutcome['tests'][number]): boolean => is !== 'passed' && !(name in KNOWN_GAPS.tests);
  const officialReport = (): ConformanceReport => {
    if (outcome.report === undefined) throw new Error(`the suite ended without a report; see ${outcome.log}`);
    return parseReport(outcome.report);
  };

  test('passes, but for the known gaps', () => {
    expect(outcome.tests.filter(isUnexpected).map(({ name, outcome: is, errors }) => ({ name, is, errors }))).toEqual([]);
    expect(outcome.tests.length).toBeGreaterThan(50);
  });

  test('passes none of the known gaps: what works is taken off the list', () => {
    const works = outcome.tests.filter(({ name, outcome: is }) => is === 'passed' && name in KNOWN_GAPS.tests);
    const gone = Object.keys(KNOWN_GAPS.tests).filter((name) => !outcome.tests.some((each) => each.name === name));
    const claimed = Object.keys(KNOWN_GAPS.features).filter((feature) => published.includes(feature));
    expect([...works.map(({ name }) => name), ...gone, ...claimed]).toEqual([]);
  });

  test('leaves no other feature unclaimed', () => {
    const { profiles } = officialReport();
    expect(profiles.map(({ name }) => name)).toHaveLength(5 - ROUTES.filter((kind) => kind in KNOWN_GAPS.features).length);
    const unclaimed = new Set(profiles.flatMap(({ extended }) => extended?.unsupportedFeatures ?? []));
    expect([...unclaimed].filter((feature) => !(feature in KNOWN_GAPS.features))).toEqual([]);
  });

  test('the GatewayClass publishes what it proves, no more and no less', () => {
    const claimed = officialReport().profiles.flatMap(({ extended }) => extended?.supportedFeatures ?? []);
    expect(published).toEqual(provenFeatures(outcome.tests, claimed));
  });

  // The whole suite takes its minutes in this mode too: `make conformance MODE=GatewayNamespace`.
  test('proxies move into the namespaces of their Gateways, and serve there', async () => {
    const deploy: DeployMode = 'GatewayNamespace';
    const report = stepReport(process.stderr);
    const { programs, folder } = preparation;
    await prepared.stop();
    prepared = await prepareCluster(place, { ...preparation, deploy }, report);
    const base = { suite: programs.suite, folder, deploy, exempt: [], limit: LIMIT, keep: true };
    for (const test of WITH_GATEWAYS) {
      const { tests } = await runSuite(place, prepared, { ...base, test }, report);
      expect(tests.filter(({ outcome: is }) => is !== 'skipped')).toEqual([expect.objectContaining({ name: test, outcome: 'passed' })]);
    }
  });

  test('the report that is committed says the same', async () => {
    const report = officialReport();
    const file = join(REPORTS, reportPath(report));
    // While there are gaps, every change would change it.
    if (Object.values(KNOWN_GAPS).some((gaps) => Object.keys(gaps).length > 0)) return;
    expect(comparable(parseReport(await readFile(file, 'utf8')))).toEqual(comparable(report));
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
