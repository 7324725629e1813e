import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A request as the API server noted it: by whom, of what, when it came (milliseconds since the epoch), and what was answered. */
export interface AuditedWrite {
  readonly from: string;
  readonly user: string;
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly at: number;
  readonly code: number;
}

/** What the API server writes down of each write, or of each request (audit.k8s.io/v1). */
export interface AuditLog {
  /** Flags of kube-apiserver. */
  readonly flags: readonly string[];
  /** All that were written down so far, in the order in which they came. */
  readonly writes: () => Promise<readonly AuditedWrite[]>;
  readonly remove: () => Promise<void>;
}

interface AuditEvent {
  readonly sourceIPs: readonly string[];
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code: number };
}

const WRITES = ['create', 'update', 'patch', 'delete'];

/** @param reads whether reads are written down, too */
export async function createAuditLog({ reads = false } = {}): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), 'gh-audit-'));
  const [policy, log] = [join(folder, 'policy'), join(folder, 'log')];
  // Requests that are for no resource have no objectRef.
  const rules = [
    { level: 'None', nonResourceURLs: ['*'] },
    { level: 'Metadata', verbs: reads ? [...WRITES, 'get', 'list', 'watch'] : WRITES },
    { level: 'None' },
  ];
  // JSON is YAML.
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }));
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    writes: async () => {
      const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
      // The API server's own format.
      const events = lines.map((line) => JSON.parse(line) as AuditEvent);
      return events.map(writeOf).sort((a, b) => a.at - b.at);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const writeOf = ({ sourceIPs, user, verb, objectRef, requestReceivedTimestamp, responseStatus }: AuditEvent): AuditedWrite => ({
  from: sourceIPs[0] ?? '',
  user: user.username,
  verb,
  group: objectRef.apiGroup ?? '',
  namespace: objectRef.namespace,
  resource: objectRef.subresource === undefined ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`,
  name: objectRef.name ?? '',
  at: Date.parse(requestReceivedTimestamp),
  code: responseStatus?.code ?? 0,
});
