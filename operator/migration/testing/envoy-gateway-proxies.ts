import { type AnyObject, HOME, named } from './envoy-gateway-objects.ts';

/** What Envoy Gateway makes for the proxies of a Gateway (contract C.4, D.2, D.3). */
export interface ProxyShape {
  /** Default: shop/web */
  readonly namespace?: string;
  readonly gateway?: string;
  /** As Envoy Gateway calls it: `envoy-<ns>-<gateway>-<hash>`. */
  readonly name: string;
  /** Of the Gateway. */
  readonly ports?: readonly number[];
  /** YAML of Envoy's bootstrap; whatever it says, it differs from ours. */
  readonly bootstrap?: string;
  /** UID of the GatewayClass, which owns the objects. */
  readonly owner?: string;
}

const SECURITY = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  runAsGroup: 65_532,
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: 'RuntimeDefault' },
};

const probe = (path: string, port: number, failureThreshold: number, periodSeconds: number) => ({
  httpGet: { path, port, scheme: 'HTTP' },
  failureThreshold,
  periodSeconds,
  successThreshold: 1,
  timeoutSeconds: 1,
});

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });

const ENVIRONMENT = [
  { name: 'ENVOY_GATEWAY_NAMESPACE', value: HOME },
  field('ENVOY_SERVICE_ZONE', "metadata.annotations['topology.kubernetes.io/zone']"),
  field('ENVOY_POD_NAME', 'metadata.name'),
];

export const proxyLabels = ({ namespace = 'shop', gateway = 'web' }: Omit<ProxyShape, 'name'> = {}) => ({
  'app.kubernetes.io/component': 'proxy',
  'app.kubernetes.io/managed-by': 'envoy-gateway',
  'app.kubernetes.io/name': 'envoy',
  'gateway.envoyproxy.io/owning-gateway-name': gateway,
  'gateway.envoyproxy.io/owning-gateway-namespace': namespace,
});

const SECRET = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

/** The two files by which a proxy finds its certificates. */
export function sdsFiles(folder: string): Readonly<Record<string, string>> {
  const at = (file: string) => ({ filename: `${folder}/${file}` });
  const file = (resource: object): string => JSON.stringify({ resources: [{ '@type': SECRET, ...resource }] });
  const names = [{ san_type: 'DNS', matcher: { exact: 'envoy-gateway' } }];
  return {
    'xds-certificate.json': file({
      name: 'xds_certificate',
      tls_certificate: { certificate_chain: at('tls.crt'), private_key: at('tls.key') },
    }),
    'xds-trusted-ca.json': file({
      name: 'xds_trusted_ca',
      validation_context: { trusted_ca: at('ca.crt'), match_typed_subject_alt_names: names },
    }),
  };
}

function envoy({ namespace = 'shop', gateway = 'web', bootstrap = 'admin: {}' }: ProxyShape): object {
  return {
    name: 'envoy',
    image: 'docker.io/envoyproxy/envoy:distroless-v1.38.0',
    imagePullPolicy: 'IfNotPresent',
    command: ['envoy'],
    args: [
      ...[
        `--service-cluster ${namespace}/${gateway}`,
        '--service-node $(ENVOY_POD_NAME)',
        `--config-yaml ${bootstrap}`,
        '--log-level warn',
      ],
      ...['--cpuset-threads', '--drain-strategy immediate', '--drain-time-s 60'],
    ],
    env: ENVIRONMENT,
    ports: [
      { name: 'metrics', containerPort: 19_001, protocol: 'TCP' },
      { name: 'readiness', containerPort: 19_003, protocol: 'TCP' },
    ],
    lifecycle: { preStop: { httpGet: { path: '/shutdown/ready', port: 19_002, scheme: 'HTTP' } } },
    startupProbe: probe('/ready', 19_003, 30, 10),
    readinessProbe: probe('/ready', 19_003, 1, 5),
    livenessProbe: probe('/ready', 19_003, 3, 10),
    resources: { requests: { cpu: '100m', memory: '512Mi' } },
    securityContext: SECURITY,
    volumeMounts: [
      { mountPath: '/certs', name: 'certs', readOnly: true },
      { mountPath: '/sds', name: 'sds' },
    ],
  };
}

const shutdownManager = () => ({
  name: 'shutdown-manager',
  image: 'docker.io/envoyproxy/gateway:v1.9.0',
  imagePullPolicy: 'IfNotPresent',
  command: ['envoy-gateway'],
  args: ['envoy', 'shutdown-manager'],
  env: ENVIRONMENT,
  lifecycle: { preStop: { exec: { command: ['envoy-gateway', 'envoy', 'shutdown'] } } },
  startupProbe: probe('/healthz', 19_002, 30, 10),
  readinessProbe: probe('/healthz', 19_002, 3, 10),
  livenessProbe: probe('/healthz', 19_002, 3, 10),
  resources: { requests: { cpu: '10m', memory: '32Mi' } },
  securityContext: SECURITY,
});

function podTemplate(shape: ProxyShape): object {
  const scraped = { 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/port': '19001', 'prometheus.io/scrape': 'true' };
  const items = Object.keys(sdsFiles('/certs')).map((key) => ({ key, path: key }));
  return {
    metadata: { annotations: scraped, labels: proxyLabels(shape) },
    spec: {
      automountServiceAccountToken: false,
      containers: [envoy(shape), shutdownManager()],
      serviceAccountName: shape.name,
      terminationGracePeriodSeconds: 360,
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      volumes: [
        { name: 'certs', secret: { secretName: 'envoy', defaultMode: 420 } },
        { name: 'sds', configMap: { name: shape.name, items, defaultMode: 420, optional: false } },
      ],
    },
  };
}

/** ServiceAccount, ConfigMap, Deployment and Service, as Envoy Gateway applies them. */
export function envoyGatewayProxies(shape: ProxyShape): readonly AnyObject[] {
  const labels = proxyLabels(shape);
  const { name, owner, ports = [80] } = shape;
  const ownerReferences = [{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', name: 'eg', uid: owner }];
  const metadata = { labels, creationTimestamp: undefined, generation: undefined, ...(owner === undefined ? {} : { ownerReferences }) };
  const made = (kind: string, fields: object, apiVersion = 'v1') => named(kind, `${HOME}/${name}`, { metadata, ...fields }, apiVersion);
  const listener = (port: number) => ({
    name: `${port === 443 ? 'https' : 'http'}-${port}`,
    port,
    protocol: 'TCP',
    targetPort: port < 1024 ? port + 10_000 : port,
  });
  const workload = {
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate' },
    template: podTemplate(shape),
  };
  const service = {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    selector: labels,
    sessionAffinity: 'None',
    ports: ports.map(listener),
  };
  return [
    made('ServiceAccount', { automountServiceAccountToken: false }),
    made('ConfigMap', { data: sdsFiles('/certs') }),
    made('Deployment', { spec: workload }, 'apps/v1'),
    made('Service', { spec: service }),
  ];
}
