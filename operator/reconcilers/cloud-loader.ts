import type { Node } from '../../crds/kubernetes/node.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { Backoff } from '../cluster/backoff.ts';
import { type Clock, systemClock } from '../cluster/clock.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { KubernetesError } from '../cluster/kubernetes-error.ts';
import type { ControlPlane } from '../control-plane.ts';
import { fieldsOf } from '../infrastructure/kubernetes/json-fields.ts';
import { NODE } from '../infrastructure/kubernetes/proxy-kinds.ts';

export interface CloudLoaderOptions {
  readonly client: Pick<KubeClient, 'list'>;
  readonly controlPlane: Pick<ControlPlane, 'put' | 'remove' | 'unreadable'>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Ends without a full stop. */
const FORBIDDEN = 'the operator may not read nodes; grant it the verb list on them';

/**
 * Finds out in which cloud the cluster is, once somebody has to know: one Node tells, and no cluster moves to another cloud. As long as none does, or it may
 * not be read, it is asked for again by the back-off policy. Nobody else is kept waiting, and without such a Gateway no Node is asked for.
 */
export class CloudLoader {
  readonly #options: CloudLoaderOptions;
  readonly #users = new Set<string>();
  readonly #backoff: Backoff;
  #look: Promise<void> | undefined;
  /** Cancels the look that is to come. */
  #next: (() => void) | undefined;
  /** Name of the Node that is in the graph. */
  #node: string | undefined;
  #isKnown = false;

  constructor(options: CloudLoaderOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** Whether `user` has to know from now on. Resolves when it is known, or known that it cannot be at present: a Gateway that did not enter would be taken for one that is gone. */
  async require(user: string, needed: boolean): Promise<void> {
    if (needed) this.#users.add(user);
    else this.#users.delete(user);
    if (this.#users.size === 0) this.#rest();
    if (needed && !this.#isKnown && this.#next === undefined) await this.#once();
  }

  stop(): void {
    this.#users.clear();
    this.#rest();
  }

  #once(): Promise<void> {
    this.#look ??= this.#find().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #find(): Promise<void> {
    const { client, controlPlane } = this.#options;
    try {
      const [node] = (await client.list(NODE, { limit: 1 })).items.map(identityOf);
      this.#take(node);
      controlPlane.unreadable('Node', undefined);
      this.#isKnown = node?.spec.providerID !== undefined;
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      controlPlane.unreadable(
        'Node',
        error.status === 403 ? FORBIDDEN : `nodes cannot be read at present: ${error.message.replace(/\.$/, '')}`,
      );
    }
    if (!this.#isKnown) this.#again();
  }

  #take(node: Node | undefined): void {
    const { controlPlane } = this.#options;
    if (this.#node !== undefined && this.#node !== node?.metadata.name) controlPlane.remove('Node', this.#node);
    this.#node = node?.metadata.name;
    if (node !== undefined) controlPlane.put(node);
  }

  #again(): void {
    this.#rest();
    if (this.#users.size === 0) return;
    const { clock = systemClock } = this.#options;
    this.#next = clock.after(this.#backoff.next(), () => {
      this.#next = undefined;
      void this.#once();
    });
  }

  #rest(): void {
    this.#next?.();
    this.#next = undefined;
  }
}

/** All else of a Node changes all the time, and is nobody's business. */
function identityOf({ metadata: { name }, spec }: KubernetesObject): Node {
  const { providerID } = fieldsOf(spec);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: typeof providerID === 'string' && providerID !== '' ? { providerID } : {},
  };
}
