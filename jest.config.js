const modulePathIgnorePatterns = ['<rootDir>/dist/', '<rootDir>/build/'];

/** Files share modules: what a hundred of them import is loaded once for each worker, not once for each file. Why they may: docs/decisions/0030-quick-tests-share-modules.md. */
const shared = { runner: 'jest-light-runner', setupFilesAfterEnv: ['<rootDir>/jest.shared-setup.js'], modulePathIgnorePatterns };

/** Each file has modules and globals of its own. */
const isolated = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/strip-types.js' },
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/jest.setup.js'],
  modulePathIgnorePatterns,
};

/** Tests of protocols (with servers of their own, or waits that are part of the matter) and of laws (many random worlds). */
const DEEP = [
  '/xds/(?!subscription|proto/|fragment-diff|bisection|resource)[^/]*\\.test\\.ts$',
  '/operator/(cluster|statuses|endpoints|replicas|telemetry)/.*\\.test\\.ts$',
  '/operator/standalone/(binaries/.*|file-provider|file-watch|runtime-directory|echo-backend)\\.test\\.ts$',
  '/operator/(gateway-operator|trim-heap|configuration-file|snapshot-publisher|tokens/token-flood)\\.test\\.ts$',
  '/operator/reconcilers/.*\\.test\\.ts$',
  '/(laws|cost|misdirected-requests|kind-conflicts)\\.test\\.ts$',
  '\\.law\\.test\\.ts$',
  '/cli/main\\.test\\.ts$',
];
const REAL = '\\.real\\.test\\.ts$';
const KIND = '/e2e/(kind|conformance)/.*\\.real\\.test\\.ts$';

/** `quick`: unit, golden, house; what `make check` runs on every save. `deep`: protocols and laws. `real`: with Envoy, etcd, kube-apiserver. `kind`: on a whole cluster. */
export default {
  coverageProvider: 'v8',
  projects: [
    { ...shared, displayName: 'quick', testRegex: '\\.test\\.ts$', testPathIgnorePatterns: ['/node_modules/', REAL, ...DEEP] },
    { ...isolated, displayName: 'deep', testRegex: DEEP, testPathIgnorePatterns: ['/node_modules/', REAL] },
    { ...isolated, displayName: 'real', testRegex: REAL, testPathIgnorePatterns: ['/node_modules/', KIND] },
    { ...isolated, displayName: 'kind', testRegex: KIND },
  ],
};
