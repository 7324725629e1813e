import { CERTIFICATES } from '../../../crds/kubernetes/cluster-trust-bundle.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Inputs } from '../../inputs.ts';
import { kindName } from '../kind-name.ts';
import type { MayRefer, Referrer } from '../reference-grant.ts';
import { whyUnreadable } from '../unreadable.ts';
import { parseAuthorities } from './ca-certificates.ts';

/** A reference to an object with CA certificates. */
export interface CaCertificateRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Where CA certificates are found. */
export interface CaSources {
  readonly inputs: Pick<Inputs, 'configMaps' | 'secrets' | 'clusterTrustBundles' | 'unreadable'>;
  readonly mayRefer: MayRefer;
}

/** Why a reference to CA certificates or to a key pair gives none. `text` names the object and the cure and ends with a full stop. */
export interface RefRefusal {
  readonly cause: 'Kind' | 'NotPermitted' | 'Content';
  readonly text: string;
}

/** PEM blocks, or why there are none. */
export type ResolvedAuthorities =
  | { readonly ok: true; readonly certificates: readonly string[] }
  | { readonly ok: false; readonly refusal: RefRefusal };

/** The key that Gateway API names (BackendTLSPolicy and FrontendTLSValidation, `caCertificateRefs`). */
const KEY = 'ca.crt';

export function resolveAuthorities(sources: CaSources, fetch: Fetch, from: Referrer, ref: CaCertificateRef): ResolvedAuthorities {
  return ref.group === CERTIFICATES && ref.kind === 'ClusterTrustBundle'
    ? ofTrustBundle(sources.inputs, fetch, ref)
    : ofFile(sources, fetch, from, ref);
}

/** It is for everybody in the cluster, so that no grant is needed (GEP-5075). */
function ofTrustBundle(inputs: CaSources['inputs'], fetch: Fetch, { name, namespace }: CaCertificateRef): ResolvedAuthorities {
  const what = `ClusterTrustBundle ${name}`;
  if (namespace !== undefined) return no('Content', `${what} is in no namespace; remove namespace ${namespace} from the reference.`);
  const bundle = fetch.one(inputs.clusterTrustBundles, name);
  if (bundle === undefined) {
    const why = fetch.one(inputs.unreadable, 'ClusterTrustBundle');
    return no('Content', why === undefined ? `${what} does not exist; create it or correct the name.` : `${what} cannot be read: ${why}.`);
  }
  const parsed = parseAuthorities(bundle.spec.trustBundle);
  return parsed.ok ? parsed : no('Content', `${what}: its trustBundle ${parsed.reason}; put the CA certificates there, in PEM.`);
}

function ofFile({ inputs, mayRefer }: CaSources, fetch: Fetch, from: Referrer, ref: CaCertificateRef): ResolvedAuthorities {
  const { group, kind, name } = ref;
  const namespace = ref.namespace ?? from.namespace;
  const what = `${kindName({ group, kind })} ${namespace}/${name}`;
  if (group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) {
    return no(
      'Kind',
      `${what} cannot hold CA certificates; use a ConfigMap or Secret of the core group, or a ClusterTrustBundle of ${CERTIFICATES}.`,
    );
  }
  if (!mayRefer(fetch, from, { group, kind, namespace, name })) {
    return no(
      'NotPermitted',
      `${what} is in another namespace and no ReferenceGrant there admits ${from.kind}s of namespace ${from.namespace}; create one.`,
    );
  }
  const files =
    kind === 'Secret' ? secretFiles(inputs, fetch, `${namespace}/${name}`) : configMapFiles(inputs, fetch, `${namespace}/${name}`);
  if (files === undefined) return no('Content', absent(what, whyUnreadable(fetch, inputs.unreadable, kind, namespace)));
  const text = bundleOf(files);
  if (text === undefined) return no('Content', `${what} has no key ${KEY}; put the CA certificates there, in PEM.`);
  const parsed = parseAuthorities(text);
  return parsed.ok ? parsed : no('Content', `${what}: its key ${KEY} ${parsed.reason}; put the CA certificates there, in PEM.`);
}

const no = (cause: RefRefusal['cause'], text: string): ResolvedAuthorities => ({ ok: false, refusal: { cause, text } });

const absent = (what: string, unreadable: string | undefined): string =>
  unreadable === undefined
    ? `${what} does not exist; create it with the CA certificates under the key ${KEY}.`
    : `${what} cannot be read: ${unreadable}.`;

type Files = Readonly<Record<string, string>>;

/** The key that is meant, or the only one there is (as in the contract). */
const bundleOf = (files: Files): string | undefined =>
  files[KEY] ?? (Object.keys(files).length === 1 ? Object.values(files)[0] : undefined);

const secretFiles = ({ secrets }: CaSources['inputs'], fetch: Fetch, key: string): Files | undefined =>
  filesOf(fetch, secrets, key, ({ data }) => decoded(data));

const configMapFiles = ({ configMaps }: CaSources['inputs'], fetch: Fetch, key: string): Files | undefined =>
  filesOf(fetch, configMaps, key, ({ data, binaryData }) => ({ ...decoded(binaryData), ...data }));

function filesOf<T>(fetch: Fetch, from: Collection<T>, key: string, read: (object: T) => Files): Files | undefined {
  const object = fetch.one(from, key);
  return object && read(object);
}

const decoded = (data: Files = {}): Files =>
  Object.fromEntries(Object.entries(data).map(([name, base64]) => [name, Buffer.from(base64, 'base64').toString('utf8')]));
