/** What is loaded into the proxies beside Envoy itself, how their bootstrap is patched and in which order filters run. */
import { anything, defaulted, flag, list, object, oneOf, optional, type Static, text } from '../schema.ts';

const localFile = object({ path: text({ minLength: 1, maxLength: 4096 }) });

const moduleSource = object(
  {
    local: optional(localFile),
    remote: optional(
      object({
        sha256: text({ pattern: '^[a-f0-9]{64}$' }),
        url: text({ minLength: 1, maxLength: 4096, pattern: '^https?://[^/?#]+(?:[/?#].*)?$' }),
      }),
    ),
    type: defaulted(oneOf(['Local', 'Remote']), 'Local'),
  },
  {
    rules: [
      {
        rule: "self.type == 'Remote' ? has(self.remote) : !has(self.remote)",
        message: 'If type is Remote, remote field needs to be set.',
      },
      { rule: "self.type != 'Local' || has(self.local)", message: 'If type is Local, local field needs to be set.' },
      { rule: "self.type == 'Remote' ? !has(self.local) : true", message: 'If type is Remote, local field must not be set.' },
    ],
  },
);

const dynamicModule = object({
  doNotClose: defaulted(flag({ description: 'Keeps the library mapped after its last user is gone.' }), false),
  loadGlobally: defaulted(flag({ description: "Makes the library's symbols visible to libraries loaded later." }), false),
  name: text({ minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }),
  source: moduleSource,
});

/** The modules that policies may name. */
export const dynamicModules = list(dynamicModule, { maxItems: 16, listType: { map: ['name'] } });

const patchOperation = object({
  from: optional(text()),
  jsonPath: optional(text()),
  op: oneOf(['add', 'remove', 'replace', 'move', 'copy', 'test']),
  path: optional(text()),
  value: optional(anything()),
});

export const bootstrap = object(
  {
    jsonPatches: optional(list(patchOperation)),
    type: defaulted(oneOf(['Merge', 'Replace', 'JSONPatch']), 'Replace'),
    value: optional(text({ description: 'Envoy bootstrap as YAML.' })),
  },
  {
    rules: [
      {
        rule: "self.type == 'JSONPatch' ? self.jsonPatches.size() > 0 : has(self.value)",
        message: "provided bootstrap patch doesn't match the configured patch type",
      },
    ],
  },
);
export type ProxyBootstrap = Static<typeof bootstrap>;

/** The HTTP filters whose place can be chosen. */
const FILTERS = [
  'custom_response',
  'health_check',
  'fault',
  'cors',
  'csrf',
  'header_mutation',
  'ext_authz',
  'api_key_auth',
  'basic_auth',
  'oauth2',
  'jwt_authn',
  'stateful_session',
  'buffer',
  'lua',
  'ext_proc',
  'wasm',
  'dynamic_modules',
  'geoip',
  'rbac',
  'local_ratelimit',
  'ratelimit',
  'bandwidth_limit',
  'grpc_web',
  'grpc_stats',
  'credential_injector',
  'compressor',
  'dynamic_forward_proxy',
] as const;

const filterName = oneOf(FILTERS.map((name): `envoy.filters.http.${(typeof FILTERS)[number]}` => `envoy.filters.http.${name}`));

const filterPosition = object(
  { after: optional(filterName), before: optional(filterName), name: filterName },
  {
    rules: [
      { rule: '(has(self.before) || has(self.after))', message: 'one of before or after must be specified' },
      {
        rule: '(has(self.before) && !has(self.after)) || (!has(self.before) && has(self.after))',
        message: 'only one of before or after can be specified',
      },
    ],
  },
);

export const filterOrder = list(filterPosition);
export type FilterPosition = Static<typeof filterPosition>;

const DATABASES = ['cityDbSource', 'countryDbSource', 'asnDbSource', 'ispDbSource', 'anonymousIpDbSource'] as const;

const database = optional(object({ local: object({ path: text({ pattern: '^.*\\.mmdb$' }) }) }));

const maxMind = object(
  {
    anonymousIpDbSource: database,
    asnDbSource: database,
    cityDbSource: database,
    countryDbSource: database,
    ispDbSource: database,
  },
  {
    rules: [
      {
        rule: DATABASES.map((source) => `has(self.${source})`).join(' || '),
        message: 'at least one MaxMind database source must be specified',
      },
    ],
  },
);

export const geoIp = object({
  provider: object(
    { maxMind: optional(maxMind), type: oneOf(['MaxMind']) },
    { rules: [{ rule: "self.type == 'MaxMind' ? has(self.maxMind) : true", message: 'maxMind must be set when type is MaxMind' }] },
  ),
});
