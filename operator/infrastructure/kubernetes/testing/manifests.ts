import type { KubernetesObject } from '../../../../crds/object-meta.ts';
import type { InfraNode } from '../../../../translators/ir/infra-node.ts';

/** How the proxies of a test are made. */
export interface Shape {
  readonly daemonSet?: boolean;
  readonly replicas?: number;
  readonly autoscaler?: boolean;
  readonly budget?: boolean;
  readonly image?: string;
  readonly serviceName?: string;
  readonly service?: object;
  readonly data?: Readonly<Record<string, string>>;
  readonly selector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** The objects of a fleet in small, with every form of field that merging knows: maps, sets, lists with and without keys, defaults, whole values. */
export function manifestsOf(infra: InfraNode, namespace: string, shape: Shape = {}): readonly KubernetesObject[] {
  const metadata = { name: infra.name, namespace, labels: { ...infra.labels, ...shape.labels } };
  const selector = { ...infra.labels, ...shape.selector };
  const template = templateOf(infra, shape, selector);
  const replicas = shape.replicas === undefined ? {} : { replicas: shape.replicas };
  const workload = shape.daemonSet
    ? { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { selector: { matchLabels: selector }, template } }
    : { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { ...replicas, selector: { matchLabels: selector }, template } };
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: shape.data ?? { file: '{}' } },
    workload,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: shape.serviceName ?? infra.name },
      spec: {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        selector: infra.labels,
        ports: infra.ports.map(({ name, port, bindPort }) => ({ name, port, targetPort: bindPort, protocol: 'TCP' })),
        ...shape.service,
      },
    },
    ...(shape.autoscaler ? [autoscalerOf(metadata)] : []),
    ...(shape.budget ? [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: budgetOf(selector) }] : []),
  ];
  return objects;
}

function templateOf(infra: InfraNode, shape: Shape, labels: Readonly<Record<string, string>>): object {
  const fieldRef = { fieldPath: 'metadata.name' };
  return {
    metadata: { labels, annotations: { 'prometheus.io/scrape': 'true' } },
    spec: {
      serviceAccountName: infra.name,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 360,
      securityContext: { runAsNonRoot: true },
      containers: [
        {
          name: 'envoy',
          image: shape.image ?? 'envoyproxy/envoy:distroless-v1.40.0',
          args: ['--log-level warn'],
          env: [{ name: 'ENVOY_POD_NAME', valueFrom: { fieldRef } }],
          ports: [
            { name: 'http-80', containerPort: 10_080, protocol: 'TCP' },
            { name: 'metrics', containerPort: 19_001 },
          ],
          resources: { requests: { cpu: '0.1', memory: '512Mi' } },
          securityContext: { capabilities: { drop: ['ALL'] } },
          readinessProbe: { httpGet: { path: '/ready', port: 19_003 }, periodSeconds: 5 },
          volumeMounts: [{ name: 'sds', mountPath: '/sds' }],
        },
      ],
      volumes: [
        { name: 'sds', configMap: { name: infra.name, items: [{ key: 'file', path: 'xds.json' }] } },
        { name: 'tmp', emptyDir: {} },
      ],
      ...(shape.tolerations === undefined ? {} : { tolerations: shape.tolerations }),
    },
  };
}

function autoscalerOf(metadata: KubernetesObject['metadata']): KubernetesObject {
  const target = { type: 'Utilization', averageUtilization: 80 };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
      minReplicas: 1,
      maxReplicas: 9,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  };
}

const budgetOf = (matchLabels: Readonly<Record<string, string>>): object => ({ minAvailable: 1, selector: { matchLabels } });
