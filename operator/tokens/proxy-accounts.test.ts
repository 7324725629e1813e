import { infraNode } from '../../translators/testing/infra-nodes.ts';
import { ProxyAccounts } from './proxy-accounts.ts';

const accounts = () => new ProxyAccounts((infra) => ({ namespace: 'apps', serviceAccount: infra.name }));
const named = (name: string) => infraNode(80, { name });

test('an account is known as long as some fleet has it', () => {
  const known = accounts();
  expect([known.of('apps/a'), known.has('apps/gw')]).toEqual([undefined, false]);
  known.follow([
    { fleet: 'apps/a', infra: named('gw') },
    { fleet: 'apps/b', infra: named('gw') },
  ]);
  known.follow([{ fleet: 'apps/a', infra: named('gw') }]);
  expect([known.of('apps/a'), known.has('apps/gw')]).toEqual([{ namespace: 'apps', serviceAccount: 'gw' }, true]);
  known.follow([{ fleet: 'apps/a', infra: named('other') }]);
  expect([known.has('apps/gw'), known.has('apps/other')]).toEqual([true, true]);
  known.follow([
    { fleet: 'apps/b', infra: undefined },
    { fleet: 'apps/c', infra: undefined },
  ]);
  expect([known.has('apps/gw'), known.has('apps/other'), known.of('apps/b')]).toEqual([false, true, undefined]);
});
