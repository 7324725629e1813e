/** Where a Gateway is reached: what its owner asks for (spec) and what it got (status). */
import { defaulted, list, object, optional, type Rule, type Static, text } from '../schema.ts';
import { ADDRESS_TYPE, SUBDOMAIN, WILDCARD_HOSTNAME } from './names.ts';

const addressType = defaulted(text({ minLength: 1, maxLength: 253, pattern: ADDRESS_TYPE }), 'IPAddress');

const isIpWhenTypedSo = {
  oneOf: [
    { properties: { type: { enum: ['IPAddress'] }, value: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] } } },
    { properties: { type: { not: { enum: ['IPAddress'] } } } },
  ],
};

const hostnameRules: readonly Rule[] = [
  {
    rule: `self.type == 'Hostname' ? (!has(self.value) || self.value.matches(r"""${WILDCARD_HOSTNAME}""")): true`,
    message: `Hostname value must be empty or contain only valid characters (matching ${WILDCARD_HOSTNAME})`,
  },
];

/** v1.7.0: from where an address is reached. Upstream's rule in words that need no library of Kubernetes; empty is the same as absent. */
const routability = text({
  maxLength: 253,
  rules: [
    {
      rule: `size(self) == 0 || self == 'Cluster' || (self.matches('^${SUBDOMAIN.replaceAll('\\', '\\\\')}/.+$') && self.split('/')[0] != 'k8s.io' && !self.split('/')[0].endsWith('.k8s.io'))`,
      message: 'Routability must be empty, Cluster, or an implementation-specific prefixed path; k8s.io and its subdomains are reserved',
    },
  ],
});

const requested = object(
  { routability: optional(routability), type: addressType, value: optional(text({ maxLength: 253 })) },
  { keywords: isIpWhenTypedSo, expected: 'an IP address in value, since type is IPAddress', rules: hostnameRules },
);
export type GatewaySpecAddress = Static<typeof requested>;

const uniqueValues: readonly Rule[] = [
  {
    rule: "self.all(a1, a1.type == 'IPAddress' && has(a1.value) ? self.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true )",
    message: 'IPAddress values must be unique',
  },
  {
    rule: "self.all(a1, a1.type == 'Hostname'  && has(a1.value) ? self.exists_one(a2, a2.type == a1.type && has(a2.value) && a2.value == a1.value) : true )",
    message: 'Hostname values must be unique',
  },
];

export const requestedAddresses = list(requested, { maxItems: 16, listType: 'atomic', rules: uniqueValues });

const assignedRules: readonly Rule[] = [
  {
    rule: `self.type == 'Hostname' ? self.value.matches(r"""${WILDCARD_HOSTNAME}"""): true`,
    message: `Hostname value must only contain valid characters (matching ${WILDCARD_HOSTNAME})`,
  },
];

const assigned = object(
  { routability: optional(routability), type: addressType, value: text({ minLength: 1, maxLength: 253 }) },
  { keywords: isIpWhenTypedSo, expected: 'an IP address in value, since type is IPAddress', rules: assignedRules },
);
export type GatewayStatusAddress = Static<typeof assigned>;

export const assignedAddresses = list(assigned, { maxItems: 16, listType: 'atomic' });
