import { Graph } from '../../graph/graph.ts';
import { type Listener, listener } from '../../testing/objects.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import { SPEC_WITHOUT_PROXY } from '../proxy/effective-proxy.ts';
import { listenerConflicts } from './listener-conflicts.ts';
import { gatewayListeners } from './listeners.ts';

/** Two Gateways may share a fleet here, as they do when they are merged. */
function owned(key: string, created: number, listeners: readonly Listener[]): OwnedGateway {
  const [namespace = '', name = ''] = key.split('/');
  return {
    key,
    namespace,
    name,
    uid: undefined,
    age: { created, key },
    generation: 1,
    fleet: 'shared',
    gatewayClass: 'gatehouse',
    classUid: undefined,
    parameters: undefined,
    proxy: { spec: SPEC_WITHOUT_PROXY, from: [], problem: undefined },
    spec: { gatewayClassName: 'gatehouse', listeners: [...listeners] },
    ref: { kind: 'Gateway', namespace, name },
    problem: undefined,
    refusal: undefined,
    standstill: undefined,
  };
}

/** The reason of each listener's conflict. */
function conflictsOf(...gateways: readonly OwnedGateway[]): Readonly<Record<string, string | undefined>> {
  const graph = new Graph();
  const source = graph.source<OwnedGateway>('gateways');
  const conflicts = listenerConflicts(graph, gatewayListeners(graph, source));
  for (const gateway of gateways) source.put(gateway.key, gateway);
  graph.settle();
  return Object.fromEntries([...conflicts.entries()].map(([key, { conflict }]) => [key, conflict?.reason]));
}

const https = (name: string, hostname?: string): Listener =>
  listener({ name, secrets: ['a/cert'], port: 80, ...(hostname === undefined ? {} : { hostname }) });

test('one Gateway: what cannot be told apart loses, all of it', () => {
  const a = owned('a/gw', 1, [
    listener({ name: 'x', hostname: 'h' }),
    listener({ name: 'y', hostname: 'h' }),
    listener({ name: 'z', hostname: '*.h' }),
  ]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': 'HostnameConflict', 'a/gw/y': 'HostnameConflict', 'a/gw/z': undefined });
});

test('hosts that differ in case only are one', () => {
  const a = owned('a/gw', 1, [listener({ name: 'x', hostname: 'h.example.com' }), listener({ name: 'y', hostname: 'H.example.com' })]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': 'HostnameConflict', 'a/gw/y': 'HostnameConflict' });
});

test('one Gateway: two protocols on one port, whatever their hosts', () => {
  const a = owned('a/gw', 1, [listener({ name: 'x' }), https('y', 'h'), listener({ name: 'z', port: 81 })]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': 'ProtocolConflict', 'a/gw/y': 'ProtocolConflict', 'a/gw/z': undefined });
});

test('between Gateways of one fleet the older one wins, then namespace/name', () => {
  const old = owned('b/gw', 1, [listener({ name: 'x' })]);
  const young = owned('a/gw', 2, [listener({ name: 'x' }), https('y', 'h')]);
  expect(conflictsOf(old, young)).toMatchObject({ 'b/gw/x': undefined, 'a/gw/x': 'HostnameConflict', 'a/gw/y': 'ProtocolConflict' });
  expect(conflictsOf(old, owned('a/gw', 1, [listener({ name: 'x' })]))).toEqual({ 'a/gw/x': undefined, 'b/gw/x': 'HostnameConflict' });
});

test('a protocol that is not understood takes part in no conflict', () => {
  const a = owned('a/gw', 1, [listener({ name: 'x', protocol: 'example.com/own' }), listener({ name: 'y' })]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': undefined, 'a/gw/y': undefined });
});

const tls = (name: string, hostname: string): Listener => listener({ name, protocol: 'TLS', port: 80, passthrough: true, hostname });

test('HTTPS and TLS share a port as long as their hosts differ', () => {
  const a = owned('a/gw', 1, [https('x', 'h'), tls('y', 'i'), tls('z', '*.h')]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': undefined, 'a/gw/y': undefined, 'a/gw/z': undefined });
  const b = owned('a/gw', 1, [https('x', 'h'), tls('y', 'h'), tls('z', '*.h')]);
  expect(conflictsOf(b)).toEqual({ 'a/gw/x': 'HostnameConflict', 'a/gw/y': 'HostnameConflict', 'a/gw/z': undefined });
});

test('HTTP and TLS do not share a port', () => {
  const a = owned('a/gw', 1, [listener({ name: 'x', hostname: 'h' }), tls('y', 'i')]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': 'ProtocolConflict', 'a/gw/y': 'ProtocolConflict' });
});

test('TCP shares its port with nothing, not with TCP either', () => {
  const tcp = (name: string): Listener => listener({ name, protocol: 'TCP' });
  expect(conflictsOf(owned('a/gw', 1, [tcp('x'), listener({ name: 'y' })]))).toEqual({
    'a/gw/x': 'ProtocolConflict',
    'a/gw/y': 'ProtocolConflict',
  });
  expect(conflictsOf(owned('a/gw', 1, [tcp('x')]), owned('b/gw', 2, [tcp('y')]))).toEqual({
    'a/gw/x': undefined,
    'b/gw/y': 'ProtocolConflict',
  });
});

test('UDP has ports of its own', () => {
  const a = owned('a/gw', 1, [listener({ name: 'x' }), listener({ name: 'y', protocol: 'UDP' })]);
  expect(conflictsOf(a)).toEqual({ 'a/gw/x': undefined, 'a/gw/y': undefined });
});
