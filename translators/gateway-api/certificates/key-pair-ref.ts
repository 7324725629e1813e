import type { Secret } from '../../../crds/kubernetes/secret.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { Inputs } from '../../inputs.ts';
import { kindName } from '../kind-name.ts';
import type { MayRefer, Referrer } from '../reference-grant.ts';
import { whyUnreadable } from '../unreadable.ts';
import type { RefRefusal } from './ca-certificate-ref.ts';
import { type KeyPair, parseKeyPair } from './certificate.ts';

/** Gateway API's SecretObjectReference. */
export interface KeyPairRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Where key pairs are found. */
export interface KeyPairSources {
  readonly inputs: Pick<Inputs, 'secrets' | 'unreadable' | 'passed'>;
  readonly mayRefer: MayRefer;
}

/** A pair that is valid now, of the Secret `key`, or why there is none. */
export type ResolvedKeyPair =
  | { readonly ok: true; readonly key: string; readonly pair: KeyPair }
  | { readonly ok: false; readonly refusal: RefRefusal };

export function resolveKeyPair({ inputs, mayRefer }: KeyPairSources, fetch: Fetch, from: Referrer, ref: KeyPairRef): ResolvedKeyPair {
  const { group = '', kind = 'Secret', name } = ref;
  const namespace = ref.namespace ?? from.namespace;
  const key = `${namespace}/${name}`;
  if (group !== '' || kind !== 'Secret') {
    return no('Kind', `${kindName({ group, kind })} ${key} is no Secret; certificates come from Secrets of the core group.`);
  }
  if (!mayRefer(fetch, from, { group, kind, namespace, name })) {
    return no(
      'NotPermitted',
      `Secret ${key} is in another namespace and no ReferenceGrant there admits ${from.kind}s of namespace ${from.namespace}; create one.`,
    );
  }
  const secret = fetch.one(inputs.secrets, key);
  if (secret === undefined) return no('Content', absent(whyUnreadable(fetch, inputs.unreadable, 'Secret', namespace), key));
  return readSecret(key, secret, (instant) => fetch.one(inputs.passed, String(instant)) === true);
}

function readSecret(key: string, secret: Secret, hasPassed: (instant: number) => boolean): ResolvedKeyPair {
  const parsed = parseKeyPair(decode(secret.data?.['tls.crt']), decode(secret.data?.['tls.key']));
  if (!parsed.ok) return no('Content', `Secret ${key}: ${parsed.reason}; replace the key pair.`);
  const { notAfter } = parsed.pair;
  if (hasPassed(notAfter)) {
    return no('Content', `Secret ${key}: the certificate expired on ${new Date(notAfter).toISOString()}; renew it.`);
  }
  return { ok: true, key, pair: parsed.pair };
}

const no = (cause: RefRefusal['cause'], text: string): ResolvedKeyPair => ({ ok: false, refusal: { cause, text } });

const absent = (unreadable: string | undefined, key: string): string =>
  unreadable === undefined
    ? `Secret ${key} does not exist; create it with type kubernetes.io/tls.`
    : `Secret ${key} cannot be read: ${unreadable}.`;

const decode = (base64: string | undefined): string => (base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8'));
