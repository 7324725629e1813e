/** GatewayClass: which controller answers for the Gateways of a class, and with which parameters. */
import { conditions, kubernetesKind } from '../object-meta.ts';
import { defaulted, list, object, optional, prefilled, type Static, text } from '../schema.ts';
import { CONTROLLER_NAME, GROUP, groupName, kindName, namespaceName, objectName } from './names.ts';
import { pending } from './pending.ts';

const parametersReference = object({
  group: groupName,
  kind: kindName,
  name: objectName,
  namespace: optional(namespaceName),
});
export type ParametersReference = Static<typeof parametersReference>;

const spec = object({
  controllerName: text({
    minLength: 1,
    maxLength: 253,
    pattern: CONTROLLER_NAME,
    expected: 'a domain and a path such as example.com/controller',
    rules: [{ rule: 'self == oldSelf', message: 'Value is immutable' }],
  }),
  parametersRef: optional(parametersReference),
  description: optional(text({ maxLength: 64 })),
});
export type GatewayClassSpec = Static<typeof spec>;

const status = object({
  conditions: defaulted(conditions(), pending('Accepted')),
  supportedFeatures: optional(list(object({ name: text() }), { maxItems: 64, listType: { map: ['name'] } })),
});
export type GatewayClassStatus = Static<typeof status>;

export const gatewayClass = kubernetesKind('GatewayClass', `${GROUP}/v1`, {
  spec,
  status: prefilled(status, { conditions: pending('Accepted') }),
});
export type GatewayClass = Static<typeof gatewayClass>;
