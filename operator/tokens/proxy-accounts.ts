import type { InfraNode } from '../../translators/ir/infra-node.ts';
import type { ProxyIdentity } from './token-authorization.ts';

interface Changed {
  readonly fleet: string;
  /** Undefined: the fleet is gone. */
  readonly infra: InfraNode | undefined;
}

/** As which ServiceAccounts the proxies of all fleets run. */
export class ProxyAccounts {
  readonly #identityOf: (infra: InfraNode) => ProxyIdentity;
  readonly #byFleet = new Map<string, ProxyIdentity>();
  /** How many fleets have each, by `<ns>/<name>`. */
  readonly #uses = new Map<string, number>();

  constructor(identityOf: (infra: InfraNode) => ProxyIdentity) {
    this.#identityOf = identityOf;
  }

  follow(changes: readonly Changed[]): void {
    for (const { fleet, infra } of changes) {
      const former = this.#byFleet.get(fleet);
      if (former !== undefined) this.#count(former, -1);
      this.#byFleet.delete(fleet);
      if (infra === undefined) continue;
      const identity = this.#identityOf(infra);
      this.#byFleet.set(fleet, identity);
      this.#count(identity, 1);
    }
  }

  /** Undefined: no such fleet is known; on this replica it may come to be. */
  of(fleet: string): ProxyIdentity | undefined {
    return this.#byFleet.get(fleet);
  }

  /** @param account `<ns>/<name>` */
  has(account: string): boolean {
    return this.#uses.has(account);
  }

  #count({ namespace, serviceAccount }: ProxyIdentity, by: number): void {
    const account = `${namespace}/${serviceAccount}`;
    const uses = (this.#uses.get(account) ?? 0) + by;
    if (uses > 0) this.#uses.set(account, uses);
    else this.#uses.delete(account);
  }
}
