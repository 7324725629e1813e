/** BackendTLSPolicy (GEP-1897): a Service is spoken to over TLS, and how its certificate is verified. */
import { kubernetesKind } from '../object-meta.ts';
import { list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { GROUP, groupName, hostname, kindName, localObjectReference, objectName, preciseHostname, sectionName } from './names.ts';
import { policyStatus } from './policy-status.ts';

const targetRef = object({ group: groupName, kind: kindName, name: objectName, sectionName: optional(sectionName) });
/** `sectionName` is the name of a Service's port. */
export type PolicyTargetReference = Static<typeof targetRef>;

const SAME_TARGET = 'p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name';
const lacks = (one: string): string => `(!has(${one}.sectionName) || ${one}.sectionName == '')`;

const targetRules: readonly Rule[] = [
  {
    rule: `self.all(p1, self.all(p2, ${SAME_TARGET} ? (${lacks('p1')} == ${lacks('p2')}) : true))`,
    message: 'sectionName must be specified when targetRefs includes 2 or more references to the same target',
  },
  {
    rule: `self.all(p1, self.exists_one(p2, ${SAME_TARGET} && ((${lacks('p1')} && ${lacks('p2')}) || (has(p1.sectionName) && has(p2.sectionName) && p1.sectionName == p2.sectionName))))`,
    message: 'sectionName must be unique when targetRefs includes 2 or more references to the same target',
  },
];

/** RFC 3986, appendix B, with a scheme. */
const ABSOLUTE_URI = '^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?';

const onlyWith = (type: string, field: string, name: string): readonly Rule[] => [
  {
    rule: `!(self.type == "${type}" && (!has(self.${field}) || self.${field} == ""))`,
    message: `SubjectAltName element must contain ${name}, if Type is set to ${name}`,
  },
  {
    rule: `!(self.type != "${type}" && has(self.${field}) && self.${field} != "")`,
    message: `SubjectAltName element must not contain ${name}, if Type is not set to ${name}`,
  },
];

const subjectAltName = object(
  {
    hostname: optional(hostname),
    type: oneOf(['Hostname', 'URI']),
    uri: optional(
      text({ minLength: 1, maxLength: 253, pattern: ABSOLUTE_URI, expected: 'a URI such as spiffe://cluster.local/ns/a/sa/b' }),
    ),
  },
  { rules: [...onlyWith('Hostname', 'hostname', 'Hostname'), ...onlyWith('URI', 'uri', 'URI')] },
);
export type SubjectAltName = Static<typeof subjectAltName>;

const WELL_KNOWN =
  '^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$';

const HAS_REFS = 'has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0';
const HAS_WELL_KNOWN = 'has(self.wellKnownCACertificates) && self.wellKnownCACertificates != ""';

export const backendTlsValidation = object(
  {
    caCertificateRefs: optional(list(localObjectReference, { maxItems: 8, listType: 'atomic' })),
    hostname: preciseHostname,
    subjectAltNames: optional(list(subjectAltName, { maxItems: 5, listType: 'atomic' })),
    wellKnownCACertificates: optional(
      text({ minLength: 1, maxLength: 253, pattern: WELL_KNOWN, expected: 'System, or the domain-prefixed name of another set' }),
    ),
  },
  {
    rules: [
      { rule: `!(${HAS_REFS} && ${HAS_WELL_KNOWN})`, message: 'must not contain both CACertificateRefs and WellKnownCACertificates' },
      { rule: `(${HAS_REFS} || ${HAS_WELL_KNOWN})`, message: 'must specify either CACertificateRefs or WellKnownCACertificates' },
    ],
  },
);
export type BackendTLSPolicyValidation = Static<typeof backendTlsValidation>;

const spec = object({
  options: optional(map(text({ minLength: 0, maxLength: 4096 }), { maxProperties: 16 })),
  targetRefs: list(targetRef, { minItems: 1, maxItems: 16, listType: 'atomic', rules: targetRules }),
  validation: backendTlsValidation,
});
export type BackendTLSPolicySpec = Static<typeof spec>;

export const backendTlsPolicy = kubernetesKind('BackendTLSPolicy', `${GROUP}/v1`, { spec, status: optional(policyStatus) });
export type BackendTLSPolicy = Static<typeof backendTlsPolicy>;
