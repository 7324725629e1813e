const typescript = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/strip-types.js' },
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/jest.setup.js'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/'],
};

/** `quick` is what `make check` runs on every save; `real` starts processes: Envoy, etcd, kube-apiserver. */
export default {
  coverageProvider: 'v8',
  projects: [
    { ...typescript, displayName: 'quick', testRegex: '(?<!\\.real)\\.test\\.ts$' },
    { ...typescript, displayName: 'real', testRegex: '\\.real\\.test\\.ts$' },
  ],
};
