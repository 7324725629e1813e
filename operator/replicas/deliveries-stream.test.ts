import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { Graph } from '../../translators/graph/graph.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { until } from '../cluster/testing/until.ts';
import { Deliveries } from '../deliveries.ts';
import { type AuthorizeReplica, DeliveriesService } from './deliveries-service.ts';
import { DeliveryReporter } from './delivery-reporter.ts';
import type { Report } from './report.ts';

/** A follower's knowledge, and a leader that notes what it hears; over a real connection. */

const node = (name: string, pending: readonly string[] = []) => {
  const idle = { subscribed: true, pending: [], removing: [], refused: [] };
  const types = {
    secret: idle,
    cluster: idle,
    loadAssignment: idle,
    listener: { ...idle, pending },
    routeConfiguration: idle,
    extensionConfig: idle,
  };
  return { node: name, envoyVersion: '1.40.0', types };
};
const standing = (name: string, served = true) => ({ node: name, served, lagging: false, refused: [] });

let deliveries: Deliveries;
let service: DeliveriesService;
let server: AdsServer;
let reporter: DeliveryReporter;
let heard: Report[];
let refused: number;
let logged: string[];
let address: string;

const follower = (): DeliveryReporter =>
  new DeliveryReporter({
    replica: 'b',
    deliveries,
    channel: () => ({ credentials: credentials.createInsecure() }),
    onRefused: () => {
      refused += 1;
    },
    logger: { info: (message) => logged.push(message), warn: (message) => logged.push(message) },
  });

const listening = async (authorize: AuthorizeReplica = () => ({ ok: true }), port = 0): Promise<void> => {
  service = new DeliveriesService(authorize);
  server = new AdsServer({ cache: new ResourceCache(), services: [service.service] });
  address = `127.0.0.1:${await server.listen({ address: `127.0.0.1:${port}`, credentials: ServerCredentials.createInsecure() })}`;
};
const lead = (): void => service.listen((_stream, report) => heard.push(report));

beforeEach(async () => {
  const graph = new Graph('test');
  deliveries = new Deliveries({ observations: graph.source('observations'), quarantine: graph.source('quarantine') }, () => undefined);
  heard = [];
  logged = [];
  refused = 0;
  await listening();
  reporter = follower();
});
afterEach(async () => {
  await reporter.stop();
  await server.close(0);
});

test('the whole state on connecting, then what changes, together, and nothing that does not', async () => {
  deliveries.delivery('ns/gw', { nodes: [node('p1'), node('p2', ['l'])] });
  lead();
  reporter.follow(address);
  await until('the first report', () => heard.length === 1);
  expect(heard[0]).toEqual({
    replica: 'b',
    whole: true,
    bye: false,
    fleets: { 'ns/gw': [standing('p1'), standing('p2', false)] },
    verdicts: [],
  });
  for (let i = 0; i < 50; i += 1) deliveries.delivery('ns/gw', { nodes: [node('p1', ['r'])] });
  deliveries.delivery('ns/gw', { nodes: [node('p1')] });
  deliveries.delivery('ns/other', { nodes: [node('q')] });
  deliveries.judged([{ hash: 'h', envoyVersion: '1.40.0', message: 'no', quarantined: true }]);
  await until('the change', () => heard.length === 2);
  expect(heard[1]).toMatchObject({ fleets: { 'ns/gw': [standing('p1')], 'ns/other': [standing('q')] }, verdicts: [{ hash: 'h' }] });
  deliveries.delivery('ns/gw', { nodes: [node('p1')] });
  deliveries.delivery('ns/other', { nodes: [] });
  await until('the end of a fleet', () => heard.length === 3);
  expect(heard[2]).toMatchObject({ fleets: { 'ns/other': [] } });
  expect(heard[2]?.fleets).not.toHaveProperty('ns/gw');
});

test('one that does not lead refuses, and is asked again; one that ends leading ends the streams', async () => {
  reporter.follow(address);
  await until('the refusal', () => refused > 0);
  expect(logged).toEqual([`The leader at ${address} does not hear of this replica's proxies, trying again: it does not lead`]);
  lead();
  await until('the report', () => heard.length === 1);
  const before = refused;
  service.listen(undefined);
  await until('the end', () => refused > before);
  lead();
  await until('another whole report', () => heard.length === 2);
  expect(heard[1]?.whole).toBe(true);
});

test('a leader that comes back at its address hears everything anew', async () => {
  deliveries.delivery('f', { nodes: [node('p')] });
  lead();
  reporter.follow(address);
  await until('the report', () => heard.length === 1);
  await server.close(0);
  await listening(undefined, Number(address.split(':')[1]));
  lead();
  await until('the next report', () => heard.length === 2);
  expect(heard[1]).toMatchObject({ whole: true, fleets: { f: [standing('p')] } });
});

test('who is no replica is refused, whatever it says', async () => {
  await server.close(0);
  await listening(() => ({ ok: false, message: 'only replicas may report' }));
  lead();
  reporter.follow(address);
  await until('the refusal', () => refused > 0);
  expect(logged[0]).toContain('only replicas may report');
  expect(heard).toEqual([]);
});

test('whoever leaves says so', async () => {
  lead();
  reporter.follow(address);
  await until('the report', () => heard.length === 1);
  await reporter.stop();
  expect(heard.at(-1)).toMatchObject({ replica: 'b', bye: true });
  expect(refused).toBe(0);
});

test('one that is told to follow nobody says nothing', async () => {
  lead();
  reporter.follow(address);
  await until('the report', () => heard.length === 1);
  reporter.follow(undefined);
  deliveries.delivery('f', { nodes: [node('p')] });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(heard).toHaveLength(1);
});
