/** The strings that Gateway API has rules for, and the references built of them (apis/v1 `shared_types.go`). */
import { defaulted, int32, object, optional, type Rule, type Schema, type Static, text } from '../schema.ts';

export const GROUP = 'gateway.networking.k8s.io';

export const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
export const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;

/** An RFC 1123 name, optionally with one leading wildcard label. */
export const WILDCARD_HOSTNAME = `^(\\*\\.)?${SUBDOMAIN}$`;

export const groupName = text({
  maxLength: 253,
  pattern: `^$|^${SUBDOMAIN}$`,
  expected: 'an API group such as gateway.networking.k8s.io, or "" for the core group',
});
export const kindName = text({
  minLength: 1,
  maxLength: 63,
  pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$',
  expected: 'a kind such as Service',
});
export const objectName = text({ minLength: 1, maxLength: 253 });
export const namespaceName = text({
  minLength: 1,
  maxLength: 63,
  pattern: `^${LABEL}$`,
  expected: 'the name of a namespace: lower-case letters, digits and dashes',
});
export const sectionName = text({
  minLength: 1,
  maxLength: 253,
  pattern: `^${SUBDOMAIN}$`,
  expected: 'a name of lower-case letters, digits, dashes and dots',
});
export const hostname = text({
  minLength: 1,
  maxLength: 253,
  pattern: WILDCARD_HOSTNAME,
  expected: 'a lower-case hostname such as www.example.com or *.example.com, without port or scheme',
});
const PRECISE = {
  minLength: 1,
  maxLength: 253,
  pattern: `^${SUBDOMAIN}$`,
  expected: 'a lower-case hostname such as www.example.com, without wildcard, port or scheme',
} as const;
export const preciseHostname = text(PRECISE);
/** One that keeps a rule, as CEL has it. */
export const hostnameWithin = (rule: string, message: string): Schema<string> => text({ ...PRECISE, rules: [{ rule, message }] });
export const portNumber = int32({ minimum: 1, maximum: 65535 });
/** GEP-2257. */
export const DURATION = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';
const DURATION_TEXT = { pattern: DURATION, expected: 'a duration such as 500ms, 10s or 1h30m' } as const;
export const duration = text(DURATION_TEXT);
/** A duration that keeps a rule, as CEL has it. */
export const within = (rule: string, message: string): Schema<string> => text({ ...DURATION_TEXT, rules: [{ rule, message }] });

/** `<domain>/<path>`: names a controller. */
export const CONTROLLER_NAME = `^${SUBDOMAIN}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`;
export const controllerName = text({
  minLength: 1,
  maxLength: 253,
  pattern: CONTROLLER_NAME,
  expected: 'a domain and a path such as example.com/controller',
});

/** What a kind of address may be called: a well-known word or a domain-prefixed one. */
export const ADDRESS_TYPE = `^Hostname|IPAddress|NamedAddress|${CONTROLLER_NAME.slice(1)}`;

/** What a listener protocol may be called. */
export const PROTOCOL_TYPE = `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|${SUBDOMAIN}\\/[A-Za-z0-9]+$`;

/** An object of any kind in the same namespace. */
export const localObjectReference = object({ group: groupName, kind: kindName, name: objectName });
export type LocalObjectReference = Static<typeof localObjectReference>;

/** An object of any kind, its kind spelt out. */
export const objectReference = object({ group: groupName, kind: kindName, name: objectName, namespace: optional(namespaceName) });
export type ObjectReference = Static<typeof objectReference>;

/** A Secret unless it says otherwise. */
export const secretObjectReference = object({
  group: defaulted(groupName, ''),
  kind: defaulted(kindName, 'Secret'),
  name: objectName,
  namespace: optional(namespaceName),
});
export type SecretObjectReference = Static<typeof secretObjectReference>;

/** What a route attaches to: a Gateway unless it says otherwise. */
export const parentReference = object({
  group: defaulted(groupName, GROUP),
  kind: defaulted(kindName, 'Gateway'),
  name: objectName,
  namespace: optional(namespaceName),
  port: optional(portNumber),
  sectionName: optional(sectionName),
});
export type ParentReference = Static<typeof parentReference>;

export const backendFields = {
  group: defaulted(groupName, ''),
  kind: defaulted(kindName, 'Service'),
  name: objectName,
  namespace: optional(namespaceName),
  port: optional(portNumber),
} as const;

export const backendRules: readonly Rule[] = [
  {
    rule: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
    message: 'Must have port for Service reference',
  },
];

/** What serves requests: a Service unless it says otherwise. */
export const backendObjectReference = object(backendFields, { rules: backendRules });
export type BackendObjectReference = Static<typeof backendObjectReference>;
