import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import { EnvHttpProxyAgent, fetch } from 'undici';
import type { StepReport } from './step-report.ts';

/** A file behind a URL, pinned by the checksum of its bytes (hexadecimal). */
export interface Download {
  readonly url: string;
  readonly algorithm: 'sha256' | 'sha512';
  readonly checksum: string;
}

export interface DownloadLimits {
  /** Milliseconds until the connection stands, and until the answer's head is there. */
  readonly connect: number;
  /** Milliseconds without a byte after which a started download is given up. */
  readonly stall: number;
}

const usualLimits: DownloadLimits = { connect: 5_000, stall: 15_000 };

/**
 * Downloads to `file`, which appears only once it is complete and its checksum is right; meanwhile the bytes are in `file.partial`.
 * Rejects with an Error that says in a line why not. Proxies of the environment (HTTPS_PROXY, NO_PROXY) are used.
 */
export async function download(what: Download, file: string, report: StepReport, limits: DownloadLimits = usualLimits): Promise<void> {
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: limits.connect },
    headersTimeout: limits.connect,
    bodyTimeout: limits.stall,
  });
  const partial = `${file}.partial`;
  try {
    const checksum = await receive(what, partial, report, agent);
    if (checksum !== what.checksum) throw new Error(`the ${what.algorithm} of ${what.url} is ${checksum}, but must be ${what.checksum}`);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
    await agent.destroy();
  }
}

async function receive(what: Download, partial: string, report: StepReport, dispatcher: EnvHttpProxyAgent): Promise<string> {
  const response = await fetch(what.url, { dispatcher }).catch((error: unknown) => {
    throw new Error(`${new URL(what.url).host} cannot be reached: ${rootCause(error)}`);
  });
  if (!response.ok || response.body === null) throw new Error(`${what.url} answers ${response.status} ${response.statusText}`);
  const total = Number(response.headers.get('content-length') ?? Number.NaN);
  const hash = createHash(what.algorithm);
  let received = 0;
  const measured = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      received += chunk.length;
      report.progress(`  ${amount(received, total)}`);
      yield chunk;
    }
  };
  try {
    await pipeline(response.body, measured, createWriteStream(partial));
  } catch (error) {
    throw new Error(`the download of ${what.url} broke off after ${amount(received, total)}: ${rootCause(error)}`);
  }
  return hash.digest('hex');
}

function amount(received: number, total: number): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  if (Number.isNaN(total)) return megabytes(received);
  return `${megabytes(received)} of ${megabytes(total)} (${Math.floor((received / total) * 100)} %)`;
}

/** The message of the innermost cause: `fetch failed` alone helps nobody. */
function rootCause(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return error.cause === undefined ? error.message || error.name : rootCause(error.cause);
}
