/** The Kubernetes objects of a fleet: what of them can be set. Kubernetes' own big shapes are passed on as they are. */
import {
  anyObject,
  anything,
  defaulted,
  flag,
  int32,
  intOrString,
  list,
  map,
  object,
  oneOf,
  optional,
  type Rule,
  type Static,
  text,
} from '../schema.ts';

const patch = object(
  { type: optional(text({ description: 'StrategicMerge or JSONMerge.' })), value: anything() },
  { description: 'Applied to the generated object last.' },
);

const objectOverrides = { name: optional(text()), patch: optional(patch) } as const;

const pod = object({
  affinity: optional(anyObject()),
  annotations: optional(map(text())),
  imagePullSecrets: optional(list(anyObject())),
  labels: optional(map(text())),
  nodeSelector: optional(map(text())),
  priorityClassName: optional(text()),
  securityContext: optional(anyObject()),
  tolerations: optional(list(anyObject())),
  topologySpreadConstraints: optional(list(anyObject())),
  volumes: optional(list(anyObject())),
});

const IMAGE = '^[a-zA-Z0-9._-]+(:[0-9]+)?(/[a-zA-Z0-9._/-]+)?(:[a-zA-Z0-9._-]+)?(@sha256:[a-z0-9]+)?$';
const IMAGE_REPOSITORY = '^[a-zA-Z0-9._-]+(:[0-9]+)?[a-zA-Z0-9._/-]+$';

const container = object(
  {
    env: optional(list(anyObject())),
    image: optional(
      text({
        description: "The proxies' image with its tag.",
        rules: [{ rule: `self.matches('${IMAGE}')`, message: "Image must include a tag and allowed characters only (e.g., 'repo:tag')." }],
      }),
    ),
    imageRepository: optional(
      text({
        description: "The proxies' image without a tag: the tag of this release is kept.",
        rules: [
          {
            rule: `self.matches('${IMAGE_REPOSITORY}')`,
            message: 'ImageRepository must contain only allowed characters and must not include a tag.',
          },
        ],
      }),
    ),
    resources: optional(anyObject()),
    securityContext: optional(anyObject()),
    volumeMounts: optional(list(anyObject())),
  },
  { rules: [{ rule: '!has(self.image) || !has(self.imageRepository)', message: 'Either image or imageRepository can be set.' }] },
);

const strategy = object({
  rollingUpdate: optional(object({ maxSurge: optional(intOrString()), maxUnavailable: optional(intOrString()) })),
  type: optional(text()),
});

const workload = { ...objectOverrides, container: optional(container), pod: optional(pod), strategy: optional(strategy) } as const;

export const deployment = object({
  ...workload,
  initContainers: optional(list(anyObject())),
  replicas: optional(int32({ description: 'Not set while an autoscaler owns the number.' })),
});
export type KubernetesDeployment = Static<typeof deployment>;

const daemonSet = object(workload);

const positive = (field: string) => int32({ rules: [{ rule: 'self > 0', message: `${field} must be greater than 0` }] });

export const autoscaler = object(
  {
    ...objectOverrides,
    behavior: optional(anyObject()),
    maxReplicas: positive('maxReplicas'),
    metrics: optional(list(anyObject())),
    minReplicas: optional(positive('minReplicas')),
  },
  {
    rules: [
      {
        rule: '!has(self.minReplicas) || self.maxReplicas >= self.minReplicas',
        message: 'maxReplicas cannot be less than minReplicas',
      },
    ],
  },
);

export const disruptionBudget = object(
  { ...objectOverrides, maxUnavailable: optional(intOrString()), minAvailable: optional(intOrString()) },
  {
    rules: [
      {
        rule: '(has(self.minAvailable) && !has(self.maxUnavailable)) || (!has(self.minAvailable) && has(self.maxUnavailable))',
        message: 'only one of minAvailable or maxUnavailable can be specified',
      },
    ],
  },
);

const loadBalancerOnly = (field: string): Rule => ({
  rule: `!has(self.${field}) || self.type == 'LoadBalancer'`,
  message: `${field} can only be set for LoadBalancer type`,
});

const OCTET = '(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)';

const service = object(
  {
    ...objectOverrides,
    allocateLoadBalancerNodePorts: optional(flag()),
    annotations: optional(map(text())),
    externalTrafficPolicy: defaulted(oneOf(['Local', 'Cluster']), 'Local'),
    labels: optional(map(text())),
    loadBalancerClass: optional(text()),
    loadBalancerIP: optional(
      text({ rules: [{ rule: `self.matches(r"^(${OCTET}\\.){3}${OCTET}$")`, message: 'loadBalancerIP must be a valid IPv4 address' }] }),
    ),
    loadBalancerSourceRanges: optional(list(text())),
    type: defaulted(oneOf(['ClusterIP', 'LoadBalancer', 'NodePort']), 'LoadBalancer'),
  },
  { rules: [...['allocateLoadBalancerNodePorts', 'loadBalancerSourceRanges', 'loadBalancerIP'].map(loadBalancerOnly)] },
);
export type KubernetesService = Static<typeof service>;

/** In CEL, the long way round: not both. */
const notBoth = (a: string, b: string): string =>
  `((has(self.${a}) && !has(self.${b})) || (!has(self.${a}) && has(self.${b}))) || (!has(self.${a}) && !has(self.${b}))`;

export const proxyKubernetes = object(
  {
    envoyDaemonSet: optional(daemonSet),
    envoyDeployment: optional(deployment),
    envoyHpa: optional(autoscaler),
    envoyPDB: optional(disruptionBudget),
    envoyService: optional(service),
    envoyServiceAccount: optional(object({ name: optional(text()) })),
    useListenerPortAsContainerPort: optional(flag()),
  },
  {
    rules: [
      { rule: notBoth('envoyDeployment', 'envoyDaemonSet'), message: 'only one of envoyDeployment or envoyDaemonSet can be specified' },
      { rule: notBoth('envoyHpa', 'envoyDaemonSet'), message: 'cannot use envoyHpa if envoyDaemonSet is used' },
    ],
  },
);
export type ProxyKubernetes = Static<typeof proxyKubernetes>;
