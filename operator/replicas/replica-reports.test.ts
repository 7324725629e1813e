import { HandClock } from '../cluster/testing/hand-clock.ts';
import type { RemoteDeliveries } from '../deliveries.ts';
import type { ProxyStanding } from '../proxy-standing.ts';
import { BEAT_MS, GONE_MS, ReplicaReports, SILENT_MS } from './replica-reports.ts';

const at = (node: string): ProxyStanding => ({ node, served: true, lagging: false, refused: [] });

let clock: HandClock;
let told: string[];
let reports: ReplicaReports;
const one = {};

beforeEach(() => {
  clock = new HandClock();
  told = [];
  const sink: RemoteDeliveries = {
    standings: (replica, fleet, standings) => told.push(`${replica} ${fleet} [${standings.map(({ node }) => node)}]`),
    verdicts: (replica, verdicts) => told.push(`${replica} judges [${verdicts.map(({ hash }) => hash)}]`),
    silent: (replica, silent) => silent && told.push(`${replica} is silent`),
    forget: (replica) => told.push(`${replica} is forgotten`),
  };
  reports = new ReplicaReports(sink, clock);
});

const news = (): readonly string[] => told.splice(0);

test('what is not in a whole report is not there any more', () => {
  reports.receive(one, {
    replica: 'b',
    whole: true,
    fleets: { f: [at('p')], g: [at('q')] },
    verdicts: [{ hash: 'h', envoyVersion: '1', message: '' }],
  });
  expect(news()).toEqual(['b f [p]', 'b g [q]', 'b judges [h]']);
  reports.receive(one, { replica: 'b', fleets: { f: [at('p2')] } });
  expect(news()).toEqual(['b f [p2]']);
  reports.receive({}, { replica: 'b', whole: true, fleets: { g: [at('q')] }, verdicts: [] });
  expect(news()).toEqual(['b f []', 'b g [q]', 'b judges []']);
});

test('signs of life keep a replica, silence makes it unknown, and after a long one it is forgotten', async () => {
  reports.receive(one, { replica: 'b', whole: true, fleets: { f: [at('p')] } });
  for (let i = 0; i < 10; i += 1) {
    await clock.advance(BEAT_MS);
    reports.receive(one, { replica: 'b' });
  }
  expect(news()).toEqual(['b f [p]']);
  await clock.advance(SILENT_MS);
  expect(news()).toEqual(['b is silent']);
  await clock.advance(GONE_MS);
  expect(news()).toEqual(['b is forgotten']);
  expect(reports.replicas).toEqual([]);
});

test('one that takes leave is remembered until its proxies are elsewhere, and never unknown', async () => {
  reports.receive(one, { replica: 'b', whole: true, fleets: { f: [at('p')] } });
  reports.receive(one, { replica: 'b', bye: true });
  expect(news()).toEqual(['b f [p]']);
  await clock.advance(SILENT_MS);
  expect(news()).toEqual(['b is forgotten']);
});

test('a stream that was replaced has no say any more', () => {
  reports.receive(one, { replica: 'b', whole: true, fleets: { f: [at('p')] } });
  reports.receive({}, { replica: 'b', whole: true, fleets: { f: [at('p')] } });
  news();
  reports.receive(one, { replica: 'b', fleets: { f: [] } });
  expect(news()).toEqual([]);
});

test('the end of a term forgets everybody, and no timer is left', () => {
  reports.receive(one, { replica: 'b', whole: true });
  reports.receive({}, { replica: 'c', whole: true });
  reports.forgetAll();
  expect(news()).toEqual(['b is forgotten', 'c is forgotten']);
  expect(clock.waits).toEqual([]);
});
