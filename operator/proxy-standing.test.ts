import type { NodeState } from '../xds/fleet-hub.ts';
import { LocalStandings } from './proxy-standing.ts';

const idle = { subscribed: true, pending: [], removing: [], refused: [] };

/** A proxy that has not answered these listeners. */
const node = (...pending: readonly string[]): NodeState => ({
  node: 'p',
  envoyVersion: '1.40.0',
  types: {
    ...{ secret: idle, cluster: idle, loadAssignment: idle, routeConfiguration: idle, extensionConfig: idle },
    listener: { ...idle, pending },
  },
});

let standings: LocalStandings;
const served = () => standings.of('f').map((standing) => standing.served);

beforeEach(() => {
  standings = new LocalStandings();
});

test('a proxy serves from the moment on at which it has answered everything, also while there is something newer', () => {
  standings.delivery('f', { nodes: [node('l')] });
  expect(served()).toEqual([false]);
  standings.delivery('f', { nodes: [node()] });
  standings.delivery('f', { nodes: [node('l')] });
  expect(served()).toEqual([true]);
  standings.delivery('f', { nodes: [] });
  standings.delivery('f', { nodes: [node('l')] });
  expect(served()).toEqual([false]);
});

test('a proxy that comes before anything is published has not confirmed it', () => {
  standings.delivery('f', { nodes: [node()], unpublished: true });
  expect(served()).toEqual([false]);
  standings.delivery('f', { nodes: [node()] });
  expect(served()).toEqual([true]);
});
