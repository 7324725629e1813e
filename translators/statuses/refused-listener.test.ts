import { gateway, gatewayClass, listener } from '../testing/objects.ts';
import { createPipelines } from '../testing/pipelines.ts';

test('a listener that a proxy refuses is not programmed; those on other ports are, and the Gateway stays accepted', () => {
  const pipelines = createPipelines();
  pipelines.put(gatewayClass('gatehouse'));
  pipelines.put(gateway('infra/gw', [listener({ name: 'first' }), listener({ name: 'second', port: 81 })]));
  const refused = [{ type: 'listener', name: 'infra/gw/second', message: 'cannot bind' }];
  pipelines.main.inputs.observations.put('infra/gw', { proxies: 1, ready: 1, addresses: ['10.0.0.1'], refused, lagging: [] });
  pipelines.settle();
  const status = pipelines.main.statuses.gateways.get('infra/gw');
  const shown = (conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[] = []) =>
    conditions
      .filter(({ type }) => type === 'Accepted' || type === 'Programmed')
      .map((each) => `${each.type} ${each.status} ${each.reason}`);
  expect(shown(status?.conditions)).toEqual(['Accepted True Accepted', 'Programmed False Invalid']);
  const [first, second] = status?.listeners ?? [];
  expect(shown(first?.conditions)).toEqual(['Accepted True Accepted', 'Programmed True Programmed']);
  expect(shown(second?.conditions)).toEqual(['Accepted True Accepted', 'Programmed False Invalid']);
});
