/** Valid objects that use most fields of their kinds: the ground that mutations start from. */
import { GATEWAY_WITH_NEWER_FIELDS } from './sample-newer-gateway.ts';
import { sampleSessions } from './sample-sessions.ts';

const metadata = { name: 'sample', namespace: 'default' };

export const SAMPLE_ROUTES = [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata,
    spec: {
      parentRefs: [
        { name: 'eg', sectionName: 'http', port: 80 },
        { name: 'eg', sectionName: 'https', port: 443 },
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'other', namespace: 'infra' },
      ],
      hostnames: ['www.example.com', '*.example.org'],
      rules: [
        {
          name: 'first',
          matches: [
            {
              path: { type: 'Exact', value: '/login' },
              headers: [
                { name: 'x-version', value: 'one two' },
                { name: 'x-user', type: 'RegularExpression', value: '^a.*$' },
              ],
              queryParams: [{ name: 'q', value: '1' }],
              method: 'GET',
            },
            { path: { type: 'RegularExpression', value: '[' } },
          ],
          filters: [
            {
              type: 'RequestHeaderModifier',
              requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], add: [{ name: 'c', value: 'd' }], remove: ['e', 'f'] },
            },
            {
              type: 'RequestMirror',
              requestMirror: { backendRef: { name: 'mirror', port: 80 }, fraction: { numerator: 1, denominator: 3 } },
            },
            {
              type: 'CORS',
              cors: { allowOrigins: ['https://*.example.com'], allowMethods: ['GET', 'PUT'], allowHeaders: ['*'], maxAge: 7 },
            },
          ],
          backendRefs: [
            { name: 'one', port: 8080, weight: 9 },
            {
              name: 'two',
              namespace: 'elsewhere',
              port: 8080,
              filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'x', value: 'y' }] } }],
            },
          ],
          timeouts: { request: '10s', backendRequest: '500ms' },
          retry: { attempts: 2, codes: [500, 503], backoff: '10ms' },
        },
        {
          name: 'second',
          matches: [{ path: { value: '/old' } }],
          filters: [
            {
              type: 'RequestRedirect',
              requestRedirect: {
                scheme: 'https',
                hostname: 'new.example.com',
                path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' },
                port: 8443,
                statusCode: 301,
              },
            },
          ],
        },
        {
          filters: [
            { type: 'URLRewrite', urlRewrite: { hostname: 'in.example.com', path: { type: 'ReplaceFullPath', replaceFullPath: '/' } } },
            { type: 'ExtensionRef', extensionRef: { group: 'gateway.envoyproxy.io', kind: 'HTTPRouteFilter', name: 'x' } },
            {
              type: 'ExternalAuth',
              externalAuth: { protocol: 'HTTP', backendRef: { name: 'auth', port: 80 }, http: { path: '/check', allowedHeaders: ['a'] } },
            },
          ],
          backendRefs: [{ group: 'gateway.envoyproxy.io', kind: 'Backend', name: 'b' }],
        },
      ],
    },
  },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata, spec: { parentRefs: [{ name: 'eg' }] } },
  ...sampleSessions('HTTPRoute'),
];

export const SAMPLE_GRPC_ROUTES = [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata,
    spec: {
      parentRefs: [{ name: 'eg', sectionName: 'http' }],
      hostnames: ['grpc.example.com', '*.example.org'],
      rules: [
        {
          name: 'first',
          matches: [
            {
              method: { service: 'shop.v1.Cart', method: 'Add' },
              headers: [
                { name: 'x-version', value: 'one two' },
                { name: 'x-user', type: 'RegularExpression', value: '^a.*$' },
              ],
            },
            { method: { type: 'RegularExpression', service: 'shop\\..*' } },
          ],
          filters: [
            { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['c', 'd'] } },
            { type: 'RequestMirror', requestMirror: { backendRef: { name: 'mirror', port: 80 }, percent: 5 } },
            { type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Filter', name: 'x' } },
          ],
          backendRefs: [
            { name: 'one', port: 8080, weight: 9 },
            {
              name: 'two',
              namespace: 'elsewhere',
              port: 8080,
              filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'x', value: 'y' }] } }],
            },
          ],
        },
        { name: 'second', matches: [{ method: { method: 'Add' } }, {}] },
      ],
    },
  },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GRPCRoute', metadata, spec: { parentRefs: [{ name: 'eg' }] } },
  ...sampleSessions('GRPCRoute'),
];

export const SAMPLE_GATEWAYS = [
  GATEWAY_WITH_NEWER_FIELDS,
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata,
    spec: {
      gatewayClassName: 'eg',
      addresses: [{ value: '10.0.0.1' }, { type: 'Hostname', value: 'gw.example.com' }],
      infrastructure: {
        labels: { 'example.com/team': 'edge' },
        annotations: { note: 'any text' },
        parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'custom' },
      },
      allowedListeners: { namespaces: { from: 'Same' } },
      listeners: [
        { name: 'http', port: 80, protocol: 'HTTP' },
        {
          name: 'https',
          port: 443,
          protocol: 'HTTPS',
          hostname: '*.example.com',
          tls: { certificateRefs: [{ name: 'cert', namespace: 'certs' }], options: { 'example.com/option': 'x' } },
          allowedRoutes: {
            kinds: [{ kind: 'HTTPRoute' }],
            namespaces: {
              from: 'Selector',
              selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d'] }] },
            },
          },
        },
        { name: 'tls', port: 443, protocol: 'TLS', hostname: 'raw.example.com', tls: { mode: 'Passthrough' } },
        { name: 'tcp', port: 9000, protocol: 'TCP' },
      ],
      tls: {
        backend: { clientCertificateRef: { name: 'client' } },
        frontend: {
          default: { validation: { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] } },
          perPort: [
            {
              port: 443,
              tls: { validation: { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }], mode: 'AllowInsecureFallback' } },
            },
          ],
        },
      },
    },
  },
];

export const SAMPLE_PROXIES = [
  {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata,
    spec: {
      concurrency: 2,
      logging: { level: { default: 'info', router: 'off' } },
      provider: {
        type: 'Kubernetes',
        kubernetes: {
          envoyDeployment: {
            replicas: 2,
            container: { image: 'example.com/envoy:v1', resources: { limits: { memory: '1Gi', cpu: 2 } } },
            pod: { tolerations: [{ operator: 'Exists' }], labels: { a: 'b' } },
            patch: { type: 'StrategicMerge', value: { spec: { paused: true } } },
            strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
          },
          envoyHpa: { minReplicas: 1, maxReplicas: 3 },
          envoyPDB: { minAvailable: '50%' },
          envoyService: { type: 'LoadBalancer', loadBalancerIP: '10.1.2.3', loadBalancerSourceRanges: ['10.0.0.0/8'] },
        },
      },
      telemetry: {
        accessLog: {
          settings: [
            {
              format: { type: 'JSON', json: { method: '%REQ(:METHOD)%' } },
              sinks: [
                { type: 'File', file: { path: '/dev/stdout' } },
                { type: 'OpenTelemetry', openTelemetry: { backendRefs: [{ name: 'otel', port: 4317, fallback: true }] } },
              ],
            },
          ],
        },
        metrics: {
          matches: [{ type: 'Prefix', value: 'cluster' }],
          prometheus: { compression: { type: 'Gzip', minContentLength: '1Ki' } },
        },
        tracing: { samplingRate: 10, provider: { host: 'otel', openTelemetry: { sampler: { type: 'AlwaysOn' } } }, tags: { a: 'b' } },
      },
      backendTLS: { minVersion: '1.2', maxVersion: '1.3', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'], clientCertificateRef: { name: 'c' } },
      filterOrder: [{ name: 'envoy.filters.http.wasm', before: 'envoy.filters.http.cors' }],
      dynamicModules: [{ name: 'm', source: { local: { path: '/m.so' } } }],
      bootstrap: { type: 'JSONPatch', jsonPatches: [{ op: 'add', path: '/admin', value: { port: 1 } }] },
      shutdown: { drainTimeout: '30s' },
    },
  },
];

export const SAMPLE_BACKEND_TLS_POLICIES = [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata,
    spec: {
      targetRefs: [
        { group: '', kind: 'Service', name: 'one', sectionName: 'https' },
        { group: '', kind: 'Service', name: 'one', sectionName: 'admin' },
        { group: '', kind: 'Service', name: 'two' },
      ],
      validation: {
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }],
        hostname: 'www.example.com',
        subjectAltNames: [
          { type: 'Hostname', hostname: '*.example.com' },
          { type: 'URI', uri: 'spiffe://cluster.local/ns/a/sa/b' },
        ],
      },
      options: { 'example.com/option': 'x' },
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata,
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'one' }],
      validation: { wellKnownCACertificates: 'System', hostname: 'www.example.com' },
    },
  },
];

export const SAMPLE_LISTENER_SETS = [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata,
    spec: {
      parentRef: { name: 'gw', namespace: 'infra' },
      listeners: [
        { name: 'http', port: 80, protocol: 'HTTP', hostname: 'a.example.com' },
        { name: 'http-b', port: 80, protocol: 'HTTP', hostname: 'b.example.com', allowedRoutes: { kinds: [{ kind: 'HTTPRoute' }] } },
        { name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'cert' }] } },
        { name: 'tls', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
        { name: 'udp', port: 53, protocol: 'UDP' },
      ],
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata,
    spec: {
      parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' },
      listeners: [{ name: 'tcp', port: 9000, protocol: 'TCP', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  },
];
