import type { Secret } from '../../crds/kubernetes/secret.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import { watchedKind } from '../reconcilers/watched-kinds.ts';
import { certifiedSecrets, HMAC_SECRET, hmacData, makeCertificateSet, type SecretData, signerOf } from './certificate-set.ts';

export interface CertificateSecretsOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'patch'>;
  readonly namespace: string;
  readonly clusterDomain: string;
  /** Replace what is there. */
  readonly overwrite: boolean;
  /** How long new CAs are trusted before what they signed is shown, in milliseconds: the time that a mounted Secret takes to every pod. */
  readonly settleMs: number;
  readonly say: (line: string) => void;
}

const SECRET = watchedKind('Secret');
/** The first to be made: whoever makes it makes the others too. */
const FIRST = 'envoy-gateway';
const OTHERS_MS = 30_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Makes the Secrets of the contract (C.8), or keeps them. All are signed by one CA whose key is thrown away; so where one is lost, or all are to be
 * replaced, everything is signed anew. Nobody ever meets a peer that he does not trust: first all Secrets trust both CAs, then, when
 * that has reached every pod, they show certificates of the new one. Throws KubernetesError.
 */
export async function ensureCertificateSecrets(options: CertificateSecretsOptions): Promise<void> {
  const { namespace, clusterDomain, overwrite, say } = options;
  const wanted = certifiedSecrets(namespace, clusterDomain);
  let present = await readAll(options, wanted.keys());
  if (present.size === 0) {
    if (await makeFirstTime(options, wanted)) return ensureHmac(options);
    say(`Another certgen is at work in ${namespace}: waiting for its Secrets.`);
    present = await untilAll(options, wanted);
  }
  const lost = [...wanted.keys()].filter((name) => !present.has(name));
  if (lost.length === 0 && !overwrite) {
    for (const name of wanted.keys()) say(`Secret ${namespace}/${name} is kept. (--overwrite replaces it.)`);
  } else {
    if (lost.length > 0) say(`Secret ${lost.join(', ')} is not there and the key of the CA is kept nowhere: all are signed anew.`);
    await rotate(options, wanted, present);
  }
  await ensureHmac(options);
}

type Present = ReadonlyMap<string, KubernetesObject>;
type Wanted = ReturnType<typeof certifiedSecrets>;

/** False: somebody else began at the same moment. */
async function makeFirstTime(options: CertificateSecretsOptions, wanted: Wanted): Promise<boolean> {
  for (const [name, data] of await makeCertificateSet(wanted)) {
    const made = await create(options, name, { type: 'kubernetes.io/tls', data });
    if (!made && name === FIRST) return false;
  }
  return true;
}

async function rotate(options: CertificateSecretsOptions, wanted: Wanted, present: Present): Promise<void> {
  const { settleMs, say } = options;
  const old = [...new Set([...present.values()].map((secret) => signerOf(plainData(secret))))].join('');
  const next = await makeCertificateSet(wanted, old);
  if (old !== '') {
    const both = [...next.values()][0]?.['ca.crt'] ?? '';
    const trusting = await Promise.all([...present].map(([name, secret]) => replace(options, { name, secret }, { 'ca.crt': both })));
    say(`Both CAs are trusted. Waiting ${Math.round(settleMs / 1000)} s until that has reached every pod.`);
    await pause(settleMs);
    return finish(options, next, new Map(trusting.map((secret) => [secret.metadata.name, secret])));
  }
  return finish(options, next, present);
}

async function finish(options: CertificateSecretsOptions, next: ReadonlyMap<string, SecretData>, present: Present): Promise<void> {
  for (const [name, data] of next) {
    const secret = present.get(name);
    if (secret === undefined) await create(options, name, { type: 'kubernetes.io/tls', data });
    else {
      await replace(options, { name, secret }, data);
      options.say(`Secret ${options.namespace}/${name} is signed anew.`);
    }
  }
}

async function ensureHmac(options: CertificateSecretsOptions): Promise<void> {
  const present = (await readAll(options, [HMAC_SECRET])).get(HMAC_SECRET);
  if (present === undefined) await create(options, HMAC_SECRET, { type: 'Opaque', data: hmacData() });
  else if (options.overwrite) await replace(options, { name: HMAC_SECRET, secret: present }, hmacData());
}

async function untilAll(options: CertificateSecretsOptions, wanted: Wanted): Promise<Present> {
  const end = performance.now() + OTHERS_MS;
  for (;;) {
    const present = await readAll(options, wanted.keys());
    if (present.size === wanted.size || performance.now() > end) return present;
    await pause(500);
  }
}

async function readAll({ client, namespace }: CertificateSecretsOptions, names: Iterable<string>): Promise<Present> {
  const found = await Promise.all(
    [...names].map((name) =>
      client.get(SECRET, `${namespace}/${name}`).catch((error: unknown) => {
        if (withStatus(error, 404)) return undefined;
        throw error;
      }),
    ),
  );
  return new Map(found.flatMap((secret) => (secret === undefined ? [] : [[secret.metadata.name, secret] as const])));
}

/** False: it is there already. */
async function create(
  { client, namespace, say }: CertificateSecretsOptions,
  name: string,
  { type, data }: { readonly type: string; readonly data: Content },
): Promise<boolean> {
  const metadata = { name, namespace, labels: { 'control-plane': 'envoy-gateway' } };
  try {
    const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type, data: encoded(data) };
    await client.create(SECRET, secret);
    say(`Secret ${namespace}/${name} is made.`);
    return true;
  } catch (error) {
    if (withStatus(error, 409)) return false;
    throw error;
  }
}

/** Of the very version that was read: who else writes at the same moment is not overwritten. */
const replace = (
  { client, namespace }: CertificateSecretsOptions,
  { name, secret }: { readonly name: string; readonly secret: KubernetesObject },
  data: Content,
): Promise<KubernetesObject> => {
  const metadata = { resourceVersion: secret.metadata.resourceVersion };
  return client.patch(SECRET, `${namespace}/${name}`, { type: 'merge', body: { metadata, data: encoded(data) } });
};

type Content = Readonly<Record<string, string | Buffer>>;

const encoded = (data: Content): SecretData =>
  Object.fromEntries(Object.entries(data).map(([name, content]) => [name, Buffer.from(content).toString('base64')]));

// The API server has checked that a Secret's data are strings in base64.
const plainData = (secret: KubernetesObject): SecretData =>
  Object.fromEntries(
    Object.entries(('data' in secret ? secret.data : {}) as SecretData).map(([name, text]) => [
      name,
      Buffer.from(text, 'base64').toString(),
    ]),
  );
