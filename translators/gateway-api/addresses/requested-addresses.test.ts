import { addressProblem } from './requested-addresses.ts';

const NAMED = { type: 'NamedAddress', value: 'shop-ip' };

test('names are for load balancers: where proxies run on a machine they are refused, whatever the cloud', () => {
  const problem = addressProblem({ addresses: [NAMED], gatewayClassName: 'c', listeners: [] }, { exclusivePorts: true });
  expect(problem).toEqual({
    type: 'Accepted',
    reason: 'UnsupportedAddress',
    message:
      'Field spec.addresses[0]: type NamedAddress is not supported where proxies run on a machine, since names are known to load balancers of clouds; use IPAddress or leave the addresses to the infrastructure.',
  });
  expect(addressProblem({ addresses: [NAMED], gatewayClassName: 'c', listeners: [] }, { exclusivePorts: false })).toBeUndefined();
});
