/** TLS versions, ciphers and curves; the same words for both sides of a proxy. */
import { list, oneOf, optional, type Rule, text } from '../schema.ts';

const VERSIONS = ['Auto', '1.0', '1.1', '1.2', '1.3'] as const;

const RANK_AS_MIN = '{"Auto":0,"1.0":1,"1.1":2,"1.2":3,"1.3":4}[self.minVersion]';
const RANK_AS_MAX = '{"1.0":1,"1.1":2,"1.2":3,"1.3":4,"Auto":5}[self.maxVersion]';

export const tlsFields = {
  alpnProtocols: optional(list(text())),
  ciphers: optional(list(text(), { description: 'For TLS up to 1.2; later versions choose themselves.' })),
  ecdhCurves: optional(list(text())),
  fingerprints: optional(list(oneOf(['JA3', 'JA4']))),
  maxVersion: optional(oneOf(VERSIONS)),
  minVersion: optional(oneOf(VERSIONS)),
  signatureAlgorithms: optional(list(text())),
} as const;

export const tlsRules: readonly Rule[] = [
  {
    rule: "has(self.minVersion) && self.minVersion == '1.3' ? !has(self.ciphers) : true",
    message: 'setting ciphers has no effect if the minimum possible TLS version is 1.3',
  },
  {
    rule: `has(self.minVersion) && has(self.maxVersion) ? ${RANK_AS_MIN} <= ${RANK_AS_MAX} : !has(self.minVersion) && has(self.maxVersion) ? 3 <= ${RANK_AS_MAX} : true`,
    message: 'minVersion must be smaller or equal to maxVersion',
  },
];
