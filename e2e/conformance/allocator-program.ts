/** Runs where the cluster can be reached: gives addresses to its Services until it is ended. Argument: a plan as JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadKubeClient } from '../../operator/cluster/kube-client.ts';
import { allocateAddresses } from './address-allocator.ts';

/** What the program is started with. */
export interface AllocatorPlan {
  /** Path. */
  readonly kubeconfig: string;
  readonly pool: readonly string[];
  readonly reserved: readonly string[];
}

// From the run that started this program.
const { kubeconfig, ...addresses } = JSON.parse(process.argv[2] ?? '') as AllocatorPlan;
const client = loadKubeClient({ kubeconfig });
for (;;) {
  await allocateAddresses({ client, ...addresses, over: new AbortController().signal }).catch(console.error);
  // The API server did not answer.
  await sleep(1000);
}
