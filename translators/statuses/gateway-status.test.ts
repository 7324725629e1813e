import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { FleetObservation } from '../inputs.ts';
import { node } from '../testing/cloud-objects.ts';
import { gateway, gatewayClass, httpRoute, listener, rule } from '../testing/objects.ts';
import { createPipelines } from '../testing/pipelines.ts';
import type { ConditionNode } from './condition.ts';

const FINE: FleetObservation = { proxies: 2, ready: 2, addresses: ['10.0.0.1'], refused: [], lagging: [] };
const LISTENERS = [listener(), listener({ name: 'own', port: 81, protocol: 'example.com/own' })];

function statusWith(observation: FleetObservation | undefined, listeners = LISTENERS, more: Partial<Gateway['spec']> = {}) {
  const pipelines = createPipelines();
  const plain = gateway('infra/gw', listeners);
  pipelines.put(gatewayClass('gatehouse'));
  pipelines.put({ ...plain, spec: { ...plain.spec, ...more }, metadata: { ...plain.metadata, generation: 7 } });
  pipelines.main.inputs.observations.put('infra/gw', observation);
  pipelines.settle();
  const status = pipelines.main.statuses.gateways.get('infra/gw');
  if (status === undefined) throw new Error('the Gateway has no status');
  return status;
}

const line = (conditions: readonly ConditionNode[], type: string): string => {
  const { status = '', reason = '', message = '' } = conditions.find((condition) => condition.type === type) ?? {};
  return `${status} ${reason}: ${message}`;
};

test.each<[string, FleetObservation | undefined, string]>([
  ['proxies run it', FINE, 'True Programmed: Address assigned to the Gateway, 2/2 envoy replicas available.'],
  ['one of two proxies runs it', { ...FINE, ready: 1 }, 'True Programmed: Address assigned to the Gateway, 1/2 envoy replicas available.'],
  ['nothing is known', undefined, 'False Pending: Waiting for the proxies of the Gateway.'],
  ['the infrastructure fails', { ...FINE, problem: 'Port 80 is taken.' }, 'False NoResources: Port 80 is taken.'],
  ['no proxy is ready', { ...FINE, ready: 0 }, 'False NoResources: Envoy replicas unavailable: 0 of 2 are ready.'],
  ['there is no address', { ...FINE, addresses: [] }, 'False AddressNotAssigned: No addresses have been assigned to the Gateway.'],
  [
    'a proxy refuses it',
    { ...FINE, refused: [{ type: 'cluster', name: 'c', message: 'bad' }] },
    'False Invalid: Envoy refused configuration: cluster c: bad.',
  ],
  [
    'a proxy lags',
    { ...FINE, lagging: ['envoy-1'] },
    'False Pending: These proxies have not confirmed the configuration for over 10 s: envoy-1.',
  ],
  [
    'a replica of the operator is silent',
    { ...FINE, ready: 1, silent: ['b'] },
    'True Programmed: Address assigned to the Gateway, 1/2 envoy replicas available. What other proxies run is not known: they are connected to the operator replica b, not heard of for over 10 s.',
  ],
  [
    'all proxies are with silent replicas',
    { ...FINE, ready: 0, silent: ['b', 'c'] },
    'False Pending: What other proxies run is not known: they are connected to the operator replicas b, c, not heard of for over 10 s.',
  ],
  [
    'no proxy that is up has confirmed anything',
    { ...FINE, ready: 0, unconfirmed: 2 },
    'False NoResources: Envoy replicas unavailable: 2 of 2 are up, but none has confirmed its configuration to the operator; see in their logs whether they reach its xDS server.',
  ],
  [
    'not all proxies were heard, and one refuses it',
    { ...FINE, ready: 0, unheard: true, refused: [{ type: 'cluster', name: 'c', message: 'bad' }] },
    'False Invalid: Envoy refused configuration: cluster c: bad.',
  ],
  [
    'not all proxies were heard, and one lags',
    { ...FINE, ready: 0, unheard: true, lagging: ['envoy-1'] },
    'False Pending: These proxies have not confirmed the configuration for over 10 s: envoy-1.',
  ],
  [
    'not all is known, and the infrastructure fails',
    { ...FINE, ready: 0, unheard: true, problem: 'Port 80 is taken.' },
    'False NoResources: Port 80 is taken.',
  ],
])('Programmed when %s', (_, observation, expected) => {
  const { conditions, listeners } = statusWith(observation);
  expect(line(conditions, 'Programmed')).toBe(expected);
  const own = line(listeners[0]?.conditions ?? [], 'Programmed');
  expect(own).toBe(expected.startsWith('True') ? 'True Programmed: Listener is programmed.' : expected);
});

test('a listener that takes no traffic is not programmed whatever the proxies say, and does not spoil the others', () => {
  const { conditions, listeners } = statusWith(FINE);
  expect(line(listeners[1]?.conditions ?? [], 'Programmed')).toMatch(/^False Invalid: /);
  expect(line(conditions, 'Accepted')).toMatch(/^True ListenersNotValid: These listeners are not valid: own;/);
});

test('addresses are IP addresses or hostnames, sixteen at most', () => {
  const many = Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`);
  expect(statusWith({ ...FINE, addresses: many }).addresses).toHaveLength(16);
  expect(
    statusWith({ ...FINE, addresses: ['10.0.0.1', '2001:db8::1', 'lb.example.com', '1.example.com'] }).addresses?.map(({ type }) => type),
  ).toEqual(['IPAddress', 'IPAddress', 'Hostname', 'Hostname']);
});

test('more addresses than a status can show are counted', () => {
  const many = Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`);
  expect(line(statusWith({ ...FINE, addresses: many }).conditions, 'Programmed')).toBe(
    'True Programmed: Address assigned to the Gateway, 2/2 envoy replicas available. It has 20 addresses, of which the first 16 are shown.',
  );
});

test('an address that was asked for and not given is not usable', () => {
  const asked = (...values: readonly (string | undefined)[]): string => {
    const pipelines = createPipelines();
    const plain = gateway('infra/gw', LISTENERS);
    const addresses = values.map((value) => ({ type: 'IPAddress' as const, ...(value === undefined ? {} : { value }) }));
    pipelines.put(gatewayClass('gatehouse'));
    pipelines.put({ ...plain, spec: { ...plain.spec, addresses } });
    pipelines.main.inputs.observations.put('infra/gw', FINE);
    pipelines.settle();
    return line(pipelines.main.statuses.gateways.get('infra/gw')?.conditions ?? [], 'Programmed');
  };
  expect(asked('10.0.0.1')).toMatch(/^True Programmed: /);
  expect(asked(undefined)).toMatch(/^True Programmed: /);
  expect(asked('10.0.0.1', '10.0.0.2')).toBe(
    'False AddressNotUsable: Field spec.addresses: 10.0.0.2 cannot be used, the infrastructure has assigned 10.0.0.1; ask for one of those or leave the choice to it.',
  );
});

test.each<[string, readonly (string | undefined)[], readonly string[] | undefined, string]>([
  ['nobody can know', ['10.0.0.1'], undefined, ' : '],
  ['none is asked for and there is none yet', [], [], ' : '],
  ['none is asked for', [], ['10.0.0.1'], 'True AddressesAssigned: All addresses of the Gateway have been assigned.'],
  [
    'all are there',
    [undefined, '10.0.0.2'],
    ['10.0.0.2', '10.0.0.1'],
    'True AddressesAssigned: All addresses of the Gateway have been assigned.',
  ],
  [
    'one is not there',
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.1'],
    'False PartiallyAssigned: Not assigned by the infrastructure: spec.addresses[1] 10.0.0.2; ask for addresses that it has, or leave the choice to it.',
  ],
  [
    'two entries would share one',
    ['10.0.0.1', undefined],
    ['10.0.0.1'],
    'False PartiallyAssigned: Not assigned by the infrastructure: spec.addresses[1]; ask for addresses that it has, or leave the choice to it.',
  ],
  [
    'none is there',
    ['10.0.0.2'],
    [],
    'False NotAssigned: Not assigned by the infrastructure: spec.addresses[0] 10.0.0.2; ask for addresses that it has, or leave the choice to it.',
  ],
])('AddressesAssigned where %s', (_, wanted, assigned, expected) => {
  const addresses = wanted.map((value) => ({ type: 'IPAddress' as const, ...(value === undefined ? {} : { value }) }));
  const { conditions } = statusWith({ ...FINE, addresses: assigned }, LISTENERS, { addresses });
  expect(line(conditions, 'AddressesAssigned')).toBe(expected);
});

describe('addresses that are asked for by names', () => {
  const asked = (observation: Partial<FleetObservation>, names = ['shop-ip']): readonly string[] => {
    const pipelines = createPipelines();
    const plain = gateway('infra/gw', LISTENERS);
    const addresses = names.map((value) => ({ type: 'NamedAddress' as const, value }));
    const infrastructure = {
      annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb', 'cloud.google.com/l4-rbs': 'enabled' },
    };
    pipelines.put(gatewayClass('gatehouse'));
    pipelines.put(node('n', names[0]?.startsWith('eip') ? 'aws:///z/i' : 'gce://p/z/n'));
    pipelines.put({ ...plain, spec: { ...plain.spec, addresses, infrastructure } });
    pipelines.main.inputs.observations.put('infra/gw', { ...FINE, ...observation });
    pipelines.settle();
    const { conditions = [] } = pipelines.main.statuses.gateways.get('infra/gw') ?? {};
    return ['AddressesAssigned', 'Programmed'].map((type) => line(conditions, type));
  };

  test('are not assigned before the load balancer has an address', () => {
    const waiting = 'spec.addresses[0] shop-ip; if it stays so, the events of the Service of its proxies tell what the cloud says of it.';
    expect(asked({ addresses: [] })).toEqual([
      `False NotAssigned: Not assigned by the infrastructure: ${waiting}`,
      `False AddressNotAssigned: No addresses have been assigned to the Gateway: ${waiting}`,
    ]);
  });

  test('are assigned with it, and no more is claimed', () => {
    const said = 'has assigned addresses; whether these go by that name it does not say.';
    expect(asked({ addresses: ['192.0.2.1'] })).toEqual([
      `True AddressesAssigned: A load balancer that was asked for shop-ip ${said}`,
      'True Programmed: Address assigned to the Gateway, 2/2 envoy replicas available.',
    ]);
    const [assigned] = asked({ addresses: ['lb.example.com'] }, ['eipalloc-01234567', 'eipalloc-89abcdef']);
    expect(assigned).toBe(`True AddressesAssigned: A load balancer that was asked for eipalloc-01234567, eipalloc-89abcdef ${said}`);
  });

  test('are not spoken of where nobody is there to assign any', () => {
    expect(asked({ addresses: undefined })[0]).toBe(' : ');
  });
});

test('every condition carries the generation that it speaks of', () => {
  const { conditions, listeners } = statusWith(FINE);
  const all = [...conditions, ...listeners.flatMap((each) => each.conditions)];
  expect(all.map(({ observedGeneration }) => observedGeneration)).toEqual(all.map(() => 7));
});

test('attachedRoutes counts accepted routes, also on a listener that takes no traffic, and none that is refused whole', () => {
  const pipelines = createPipelines();
  pipelines.put(gatewayClass('gatehouse'));
  pipelines.put(gateway('infra/gw', [listener({ name: 'https', secrets: ['infra/gone'] })]));
  pipelines.put(httpRoute('infra/good'));
  pipelines.put(httpRoute('infra/half', { rules: [rule(), rule({ path: '(', pathType: 'RegularExpression' })] }));
  pipelines.put(httpRoute('infra/bad', { rules: [rule({ path: '(', pathType: 'RegularExpression' })] }));
  pipelines.settle();
  expect(pipelines.main.statuses.gateways.get('infra/gw')?.listeners.map(({ attachedRoutes }) => attachedRoutes)).toEqual([2]);
});

test('an address of the cluster is said to be one', () => {
  const { addresses } = statusWith(FINE, LISTENERS, { addresses: [{ type: 'IPAddress', routability: 'Cluster' }] });
  expect(addresses).toEqual([{ type: 'IPAddress', value: '10.0.0.1', routability: 'Cluster' }]);
});

test('as long as proxies are not heard that may be fine, what was said of them stays, and so do the addresses', () => {
  const { conditions, listeners, ...rest } = statusWith({ ...FINE, ready: 0, addresses: undefined, unheard: true });
  const waiting = { status: 'False', reason: 'Pending', provisional: true };
  expect(conditions.find(({ type }) => type === 'Programmed')).toMatchObject(waiting);
  expect(listeners[0]?.conditions.find(({ type }) => type === 'Programmed')).toMatchObject(waiting);
  expect(rest).not.toHaveProperty('addresses');
  expect(conditions.map(({ type }) => type)).not.toContain('AddressesAssigned');
});

test('what is wrong whatever the proxies run is said before they are heard', () => {
  const { addresses, conditions, listeners } = statusWith({ ...FINE, unheard: true }, LISTENERS.slice(1));
  expect(addresses).toHaveLength(1);
  expect(conditions.filter(({ provisional }) => provisional)).toEqual([]);
  expect(listeners[0]?.conditions.filter(({ provisional }) => provisional)).toEqual([]);
});
