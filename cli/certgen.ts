import { readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { makeFolder } from '../operator/standalone/make-folder.ts';
import { errorText } from '../operator/standalone/system-error.ts';
import { addLogOptions } from './log-options.ts';
import { parseDuration } from './port-option.ts';
import { EXIT, type Perform } from './session.ts';

interface CertgenFlags {
  readonly kubeconfig?: string;
  readonly overwrite?: true;
  readonly local?: true;
  readonly configHome?: string;
  readonly disableTopologyInjector?: true;
  readonly settleTime: number;
}

const HELP = `
Secrets in the namespace that ENVOY_GATEWAY_NAMESPACE names: envoy-gateway (the control plane), envoy (its proxies), envoy-rate-limit, envoy-oidc-hmac.
Those that are there are kept. With --overwrite both CAs are trusted for a while, so that no connection is refused meanwhile.

Exit codes: 0 fine, 1 failed, 2 wrong usage

Examples:
  gatehouse certgen
  gatehouse certgen --overwrite
  gatehouse certgen --local --config-home ./certificates`;

/** `gatehouse certgen` */
export function addCertgen(program: Command, perform: Perform): void {
  const command = program
    .command('certgen')
    .description('make the certificates by which the control plane and its proxies know each other')
    .option('--kubeconfig <path>', 'how to reach the cluster')
    .option('-o, --overwrite', 'replace certificates that are there')
    .addOption(
      new Option('--settle-time <duration>', 'how long both CAs are trusted before the new one is used')
        .argParser(parseDuration)
        .default(120_000, '120s'),
    )
    .option('--disable-topology-injector', 'leave its MutatingWebhookConfiguration alone')
    .option('-l, --local', 'write files instead of Secrets')
    .option('--config-home <folder>', 'where files go (default: ~/.config/envoy-gateway)')
    .addHelpText('after', HELP)
    .action((flags: CertgenFlags) => {
      perform(async ({ stdout, environment }) => {
        const say = (line: string): void => void stdout.write(`${line}\n`);
        await (flags.local ? writeFiles(flags, environment, say) : writeSecrets(flags, environment, say));
        return EXIT.fine;
      });
    });
  addLogOptions(command, 'warn');
}

type Say = (line: string) => void;

const placeOf = async (environment: NodeJS.ProcessEnv) => {
  const { controllerNamespace } = await import('../operator/controller-namespace.ts');
  return { namespace: controllerNamespace(environment), clusterDomain: environment['KUBERNETES_CLUSTER_DOMAIN'] || 'cluster.local' };
};

async function writeSecrets(flags: CertgenFlags, environment: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const { loadKubeClient } = await import('../operator/cluster/kube-client.ts');
  const { ensureCertificateSecrets } = await import('../operator/certificates/certificate-secrets.ts');
  const client = loadKubeClient(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig });
  try {
    const overwrite = flags.overwrite === true;
    const place = await placeOf(environment);
    await ensureCertificateSecrets({ client, ...place, overwrite, settleMs: flags.settleTime, say });
    if (flags.disableTopologyInjector) return;
    const { trustInjector } = await import('../operator/certificates/injector-trust.ts');
    await trustInjector({ client, namespace: place.namespace, say });
  } finally {
    await client.close();
  }
}

/** One folder for each Secret, with the same files as a mounted one. As with Secrets, all are kept or all are signed anew. */
async function writeFiles(flags: CertgenFlags, environment: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const { certifiedSecrets, makeCertificateSet, signerOf } = await import('../operator/certificates/certificate-set.ts');
  const { namespace, clusterDomain } = await placeOf(environment);
  const home = path.join(flags.configHome ?? path.join(homedir(), '.config', 'envoy-gateway'), 'certs');
  const wanted = certifiedSecrets(namespace, clusterDomain);
  const present = await Promise.all([...wanted.keys()].map((name) => readFiles(path.join(home, name))));
  const lost = [...wanted.keys()].filter((_, i) => FILES.some((file) => present[i]?.[file] === undefined));
  if (lost.length === 0 && flags.overwrite !== true) {
    say(`${home} is there and is kept. (--overwrite replaces it.)`);
    return;
  }
  if (lost.length > 0 && lost.length < wanted.size)
    say(`${lost.join(', ')} of ${home} is not whole and the key of the CA is kept nowhere: all are signed anew.`);
  const old = [...new Set(present.map((data) => signerOf(data)))].join('');
  for (const [name, data] of await makeCertificateSet(wanted, old)) {
    await privateFolder(path.join(home, name));
    for (const [file, text] of Object.entries(data)) await replaceFile(path.join(home, name, file), text);
    say(`${path.join(home, name)} is written.`);
  }
}

async function privateFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o700).catch((error: unknown) => {
    throw new Error(`${folder}: the folder cannot be made: ${errorText(error)}. Name another one with --config-home.`);
  });
}

const FILES = ['ca.crt', 'tls.crt', 'tls.key'] as const;

/** Those that are there. */
async function readFiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const texts = await Promise.all(FILES.map((file) => readFile(path.join(folder, file), 'utf8').catch(unlessMissing)));
  return Object.fromEntries(FILES.flatMap((file, i) => (texts[i] === undefined ? [] : [[file, texts[i]]])));
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Never half written, and of this mode whatever mode the old one had. */
async function replaceFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new Error(
      `${file}: cannot be written: ${errorText(error)}. Mend that and run it again with --overwrite: the files belong together.`,
    );
  }
}
