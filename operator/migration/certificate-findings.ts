import { X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { CONTROL_PLANE_NAME } from '../../translators/envoy/xds-secrets.ts';
import { fieldsOf } from '../infrastructure/kubernetes/json-fields.ts';
import { type Finding, type FindingObject, subject } from './finding.ts';
import type { MigrationInput } from './migration-input.ts';

/** The Secrets of the contract (C.8) by which control plane and proxies prove who they are, and what each has to prove. */
const secretsOf = (namespace: string): readonly { readonly name: string; readonly proves: string }[] => [
  { name: 'envoy-gateway', proves: CONTROL_PLANE_NAME },
  { name: 'envoy', proves: `*.${namespace}` },
];

/** Whether running proxies and Gatehouse can trust each other by the Secrets that are there. */
export function certificateFindings({ objects, namespace, whole, now }: MigrationInput): readonly Finding[] {
  return secretsOf(namespace).flatMap(({ name, proves }) => {
    const found = objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.namespace === namespace && metadata.name === name);
    if (found !== undefined) return [judged(found, proves, now)];
    return whole ? [missing({ kind: 'Secret', namespace, name })] : [];
  });
}

const missing = (object: FindingObject): Finding => ({
  severity: 'stops',
  code: 'CertificateMissing',
  object,
  message:
    'It is not there. The chart makes it anew, with another CA: proxies that run today do not trust that one and get nothing new until their pods are replaced.',
  cure: "Install into Envoy Gateway's own namespace (--namespace), or copy its Secrets there before.",
});

function judged(secret: KubernetesObject, proves: string, now: number): Finding {
  const object = subject(secret);
  const data = fieldsOf((secret as KubernetesObject & { readonly data?: unknown }).data); // as with any object, its fields are looked at one by one
  const lost = ['tls.crt', 'tls.key', 'ca.crt'].filter((key) => typeof data[key] !== 'string');
  if (lost.length > 0)
    return { ...missing(object), message: `It lacks ${lost.join(', ')}: proxies and Gatehouse cannot trust each other.` };
  const certificate = certificateIn(String(data['tls.crt']));
  if (certificate === undefined) return { ...missing(object), message: 'Its tls.crt holds no certificate: nobody trusts it.' };
  const names = (certificate.subjectAltName ?? '').split(', ');
  if (!names.includes(`DNS:${proves}`)) return misnamed(object, proves, names);
  if (certificate.validToDate.getTime() <= now) {
    const message = `Its certificate ended on ${certificate.validToDate.toISOString()}; Envoy Gateway's proxies cannot connect with it either.`;
    return {
      severity: 'stops',
      code: 'CertificateExpired',
      object,
      message,
      cure: 'Renew it: gatehouse certgen --overwrite, or your issuer.',
    };
  }
  const message = 'It is used as it is; running proxies and Gatehouse trust each other by it.';
  return { severity: 'works', code: 'CertificatesReused', object, message };
}

function certificateIn(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    // Said by whoever asked.
    return undefined;
  }
}

const misnamed = (object: FindingObject, proves: string, names: readonly string[]): Finding => ({
  severity: 'stops',
  code: 'CertificateNames',
  object,
  message: `Its certificate does not name ${proves} (it names ${names.filter((name) => name !== '').join(', ') || 'nothing'}), by which it is known: connections are refused.`,
  cure: `Have it issued with the DNS name ${proves} among the others.`,
});
