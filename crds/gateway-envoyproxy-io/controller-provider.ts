/** Where the objects of EnvoyGateway's controller come from, and where its proxies run. */
import { defaulted, flag, list, object, oneOf, optional, text, unbuilt } from '../schema.ts';
import { clusterFields, ownField } from './controller-cluster.ts';
import { extensionService } from './extension-servers.ts';
import { autoscaler, deployment, disruptionBudget } from './proxy-kubernetes.ts';

const deploy = object({
  type: defaulted(
    oneOf(['ControllerNamespace', 'GatewayNamespace'], {
      description: "Where the proxies of a Gateway are: with the controller, or in the Gateway's namespace.",
    }),
    'ControllerNamespace',
  ),
});

const kubernetes = object({
  ...clusterFields,
  deploy: defaulted(deploy, {}),
  proxyTopologyInjector: optional(object({ disabled: defaulted(flag(), false) })),
  rateLimitDeployment: unbuilt(deployment),
  rateLimitHpa: unbuilt(autoscaler),
  rateLimitPDB: unbuilt(disruptionBudget),
  shutdownManager: optional(object({ image: optional(text({ minLength: 1, description: 'Image of the container beside each proxy.' })) })),
});

const file = object({ paths: list(text({ minLength: 1 }), { minItems: 1, description: 'YAML files, and folders of them.' }) });

const resource = object(
  { type: oneOf(['File', 'Kubernetes']), file: optional(file), kubernetes: optional(object(clusterFields)) },
  {
    rules: [
      ownField('File', 'file'),
      { rule: "self.type == 'Kubernetes' || !has(self.kubernetes)", message: 'kubernetes goes with type Kubernetes' },
    ],
  },
);

const host = object(
  { runtimeDir: optional(text({ minLength: 1, description: 'A folder for sockets and process files; made where it is missing.' })) },
  { notBuilt: ['configHome', 'dataHome', 'stateHome'] },
);

const infrastructure = object(
  {
    type: oneOf(['Host', 'Remote'], {
      rules: [{ rule: "self == 'Host'", message: 'Remote is not built yet; use Host' }],
    }),
    host: optional(host),
    remote: unbuilt(object({ service: extensionService })),
  },
  { rules: [{ rule: "self.type == 'Host' || !has(self.host)", message: 'host goes with type Host' }] },
);

const custom = object({ resource, infrastructure: optional(infrastructure) });

export const provider = object(
  { type: defaulted(oneOf(['Kubernetes', 'Custom']), 'Kubernetes'), kubernetes: optional(kubernetes), custom: optional(custom) },
  {
    rules: [
      ownField('Custom', 'custom'),
      { rule: "self.type == 'Kubernetes' || !has(self.kubernetes)", message: 'kubernetes goes with type Kubernetes' },
    ],
  },
);
