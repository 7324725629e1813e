import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { readErrorText } from '../standalone/system-error.ts';

/** PEM, as a mounted Secret has it (contract C.8). */
export interface Certificates {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

type CaListener = Parameters<experimental.CertificateProvider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0];

const FILES = { ca: 'ca.crt', certificate: 'tls.crt', key: 'tls.key' } as const;
const BEGIN = '-----BEGIN CERTIFICATE-----';
const LOOK_MS = 5_000;

/**
 * Certificates in a folder, which may change while they are in use: a mounted Secret does. A set that does not fit together is told once and not taken,
 * the last good one stays. Connections that are open go on; those to come see the new set.
 */
export class CertificateFolder implements experimental.CertificateProvider {
  readonly #folder: string;
  readonly #logger: ControlPlaneLogger;
  readonly #timer: NodeJS.Timeout;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #current: Certificates;
  #complaint = '';

  private constructor(folder: string, current: Certificates, logger: ControlPlaneLogger) {
    this.#folder = folder;
    this.#current = current;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** Rejects in words for people where the folder has no good set. */
  static async open(folder: string, logger: ControlPlaneLogger): Promise<CertificateFolder> {
    return new CertificateFolder(folder, await readCertificates(folder), logger);
  }

  get current(): Certificates {
    return this.#current;
  }

  /**
   * For a server whose clients have to show a certificate of the CA, or may (`optional`): one that the CA does not vouch for then counts as none. TLS 1.2
   * at least, which is Node's own bound.
   */
  serverCredentials(clientCertificate: 'required' | 'optional' = 'required'): ServerCredentials {
    return experimental.createCertificateProviderServerCredentials(this, this, clientCertificate === 'required');
  }

  /** Takes what is there now, if it is another set and a good one. */
  async look(): Promise<void> {
    try {
      const next = await readCertificates(this.#folder);
      this.#complaint = '';
      if (sameSet(next, this.#current)) return;
      this.#current = next;
      this.#logger.info(
        `Certificates of ${this.#folder} have changed and are in use: ${new X509Certificate(next.certificate).subjectAltName}`,
      );
      this.#tell();
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error);
      if (complaint !== this.#complaint) this.#logger.error(`${complaint} The certificates in use stay until then.`);
      this.#complaint = complaint;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** gRPC hears of an update only after the call that asked for it. */
  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    process.nextTick(() => listener({ caCertificate: this.#current.ca }));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => listener({ certificate: this.#current.certificate, privateKey: this.#current.key }));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  #tell(): void {
    const { ca, certificate, key } = this.#current;
    for (const listener of this.#caListeners) listener({ caCertificate: ca });
    for (const listener of this.#identityListeners) listener({ certificate, privateKey: key });
  }
}

/** Throws with the file, what is wrong with it, and the cure. */
async function readCertificates(folder: string): Promise<Certificates> {
  const read = (file: string): Promise<Buffer> =>
    readFile(join(folder, file)).catch((error: unknown) => {
      throw new Error(
        `${join(folder, file)} cannot be read (${readErrorText(error)}): mount the Secret envoy-gateway there (gatehouse certgen makes it), or name its folder by --certs-dir.`,
      );
    });
  const ca = await read(FILES.ca);
  const certificate = await read(FILES.certificate);
  const key = await read(FILES.key);
  const fits = (file: string, isGood: () => boolean): void => {
    if (!attempt(isGood))
      throw new Error(
        `${join(folder, file)} is not usable: it must be PEM${file === FILES.key ? ' and the key of tls.crt' : ''}. Write it anew, or make the Secret by gatehouse certgen.`,
      );
  };
  fits(FILES.ca, () => isBundle(ca.toString()));
  fits(FILES.certificate, () => new X509Certificate(certificate).raw.length > 0);
  fits(FILES.key, () => new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)));
  fits(FILES.ca, () => createSecureContext({ ca, cert: certificate, key }) !== undefined);
  return { ca, certificate, key };
}

/** TLS would read a bundle up to the first certificate that is broken, and trust none of those behind it. Throws where one is. */
function isBundle(pem: string): boolean {
  const begun = pem.split(BEGIN).slice(1);
  return begun.length > 0 && begun.every((rest) => new X509Certificate(BEGIN + rest).raw.length > 0);
}

function attempt(isGood: () => boolean): boolean {
  try {
    return isGood();
  } catch {
    return false;
  }
}

const sameSet = (a: Certificates, b: Certificates): boolean =>
  a.ca.equals(b.ca) && a.certificate.equals(b.certificate) && a.key.equals(b.key);
