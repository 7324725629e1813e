import type { Pod } from '../../../crds/kubernetes/pod.ts';
import { pod } from '../../testing/pod-objects.ts';
import { isEndpointAddress, podEndpoint } from './pod-endpoint.ts';

const GOING = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const READY = { type: 'Ready', status: 'True' };
const UNREADY = { type: 'Ready', status: 'False' };

/** What the EndpointSlice controller makes of it: `ready` and `serving` are the condition Ready, `terminating` is that it is being deleted. */
test.each<[string, Partial<Pod['metadata']>, NonNullable<Pod['status']>, 'ready' | 'draining' | 'gone']>([
  ['ready', {}, {}, 'ready'],
  ['ready and failed as a whole', {}, { phase: 'Failed' }, 'gone'],
  ['at its end', {}, { phase: 'Succeeded' }, 'gone'],
  ['of a node that is not heard', {}, { phase: 'Unknown' }, 'ready'],
  ['not ready', {}, { conditions: [UNREADY] }, 'gone'],
  ['of which it is not known', {}, { conditions: [{ type: 'Ready', status: 'Unknown' }] }, 'gone'],
  ['with ready containers that waits for a gate', {}, { conditions: [{ type: 'ContainersReady', status: 'True' }, UNREADY] }, 'gone'],
  ['without conditions', {}, { conditions: [] }, 'gone'],
  ['that goes and still serves', GOING, {}, 'draining'],
  ['that goes and does not serve', GOING, { conditions: [UNREADY] }, 'gone'],
  ['that goes and has come to its end', GOING, { phase: 'Succeeded', conditions: [READY] }, 'gone'],
])('a Pod %s', (_, metadata, status, state) => {
  const found = podEndpoint(pod('shop/a', {}, { metadata, status: { podIP: '10.0.0.1', ...status } }));
  expect(found).toEqual(state === 'gone' ? undefined : { address: '10.0.0.1', draining: state === 'draining' });
});

test('a Pod that has no address or no status yet is none', () => {
  expect(podEndpoint(pod('shop/a', {}, {}))).toBeUndefined();
  expect(podEndpoint({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })).toBeUndefined();
});

test('its zone is the one that Kubernetes puts on it', () => {
  const zone = 'topology.kubernetes.io/zone';
  expect(podEndpoint(pod('shop/a', { [zone]: 'west' }))).toEqual({ address: '10.0.0.1', zone: 'west', draining: false });
  expect(podEndpoint(pod('shop/a', { [zone]: '' }))).toEqual({ address: '10.0.0.1', draining: false });
});

test.each([
  ['10.0.0.1', true],
  ['255.255.255.255', true],
  ['169.253.0.1', true],
  ['10.0.0.256', false],
  ['10.0.0', false],
  ['10.0.0.1.', false],
  ['10.0.0.1.2', false],
  ['pod.example.com', false],
  ['', false],
  ['0.0.0.0', false],
  ['127.0.0.1', false],
  ['127.9.9.9', false],
  ['169.254.169.254', false],
  ['224.0.0.5', false],
  ['fd00::1', true],
  ['2001:db8:0:0:0:0:0:1', true],
  ['2001:DB8::A', true],
  ['1::', true],
  ['::', false],
  ['::1', false],
  ['0:0:0:0:0:0:0:1', false],
  ['fe80::1', false],
  ['febf::1', false],
  ['fec0::1', true],
  ['ff02::1', false],
  ['::ffff:7f00:1', false],
  ['0:0:0:0:0:FFFF:7f00:1', false],
  ['::ffff:127.0.0.1', false],
  ['fd00::1%eth0', false],
  ['fd00:::1', false],
  ['fd00::1::2', false],
  ['1:2:3:4:5:6:7', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1:2:3:4:5:6:7:8::', false],
  ['12345::1', false],
])('%s as the address of an endpoint: %s', (address, fits) => {
  expect(isEndpointAddress(address)).toBe(fits);
});
