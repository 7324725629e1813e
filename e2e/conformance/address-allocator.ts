import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../../operator/cluster/kube-client.ts';
import { withStatus } from '../../operator/cluster/kubernetes-error.ts';
import { keyOf } from '../../operator/cluster/resource-kind.ts';
import { resourceKind } from '../harness/test-cluster.ts';

const SERVICE = resourceKind('Service');
const LOOK_MS = 100;

export interface AddressAllocator {
  readonly client: Pick<KubeClient, 'list' | 'patch'>;
  /** Addresses that lead to the node, for everybody. */
  readonly pool: readonly string[];
  /** Further ones, for those that ask for them. */
  readonly reserved: readonly string[];
  /** Ends it. */
  readonly over: AbortSignal;
}

/**
 * Plays a cloud's load balancer: each Service of that type gets an address of its own, so that they may all have the same ports. Who asks for
 * addresses (`spec.externalIPs`, `spec.loadBalancerIP`) gets those of them that there are and that are free, and no others. What was given is read
 * from the Services, so that it can be started again at any time. An address that was given back is the last to be given again.
 */
export async function allocateAddresses({ client, pool, reserved, over }: AddressAllocator): Promise<void> {
  let free: readonly string[] = [...pool, ...reserved];
  const all = free;
  while (!over.aborted) {
    const { items } = await client.list(SERVICE, { fieldSelector: 'spec.type=LoadBalancer' });
    const services = items as readonly Service[]; // of an API server, which checks them
    const holders = holdersOf(services);
    const givenBack = all.filter((address) => !free.includes(address) && !holders.has(address));
    free = [...free.filter((address) => !holders.has(address)), ...givenBack];
    for (const service of services) {
      const addresses = addressesFor(service, { holders, free, reserved });
      if (isDeepStrictEqual(addresses, given(service))) continue;
      await write(client, service, addresses);
      for (const address of addresses) holders.set(address, keyOf(service.metadata));
      free = free.filter((address) => !addresses.includes(address));
    }
    await sleep(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

interface Service extends KubernetesObject {
  readonly spec: { readonly externalIPs?: readonly string[]; readonly loadBalancerIP?: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

interface Addresses {
  /** Address -> the Service that has it. */
  readonly holders: ReadonlyMap<string, string>;
  readonly free: readonly string[];
  readonly reserved: readonly string[];
}

const given = ({ status }: Service): readonly string[] => (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

const holdersOf = (services: readonly Service[]): Map<string, string> =>
  new Map(services.flatMap((service) => given(service).map((address) => [address, keyOf(service.metadata)] as const)));

function addressesFor(service: Service, { holders, free, reserved }: Addresses): readonly string[] {
  const { externalIPs = [], loadBalancerIP } = service.spec;
  const asked = new Set([...externalIPs, ...(loadBalancerIP === undefined ? [] : [loadBalancerIP])]);
  if (asked.size > 0) return [...asked].filter((address) => free.includes(address) || holders.get(address) === keyOf(service.metadata));
  const forAll = [...given(service), ...free].filter((address) => !reserved.includes(address));
  return forAll.slice(0, 1);
}

async function write(client: AddressAllocator['client'], { metadata }: Service, addresses: readonly string[]): Promise<void> {
  const ingress = addresses.length === 0 ? null : addresses.map((ip) => ({ ip }));
  const body = { status: { loadBalancer: { ingress } } };
  await client.patch(SERVICE, keyOf(metadata), { type: 'merge', body }, { subresource: 'status' }).catch((error: unknown) => {
    // It went meanwhile.
    if (!withStatus(error, 404)) throw error;
  });
}
