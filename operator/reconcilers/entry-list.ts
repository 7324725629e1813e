import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Clock, systemClock } from '../cluster/clock.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { Reflector } from '../cluster/reflector.ts';
import { resourceName } from '../cluster/resource-kind.ts';
import { CUSTOM_RESOURCE_DEFINITION } from '../gateway-operator.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';
import { watchedKind } from './watched-kinds.ts';

/** The list in the status of an XBackend: v1.7.0 of its definition calls it `ancestors`, v1.6.3 `parents`. What a definition does not know the API server drops. */
export type EntryList = 'ancestors' | 'parents';

const LISTS: readonly EntryList[] = ['ancestors', 'parents'];

const KIND = watchedKind('XBackend');

/**
 * Milliseconds. An API server, of which there may be several, reads and sends objects by the former definition for a moment after it has told of the
 * new one: what is written then seems to be missing and would be written again and again.
 */
const LAG_MS = 5_000;

export interface StoredEntryListOptions {
  readonly client: KubeClient;
  /** `current` is another list. */
  readonly onChange: () => void;
  /** It cannot be known; the text says why and ends with a full stop. */
  readonly onTrouble: (why: string) => void;
  readonly clock?: Clock;
}

/** Follows which list the definition that is installed has. */
export class StoredEntryList {
  readonly #options: StoredEntryListOptions;
  #installed: EntryList | undefined;
  #current: EntryList | undefined;
  #cancel: () => void = () => undefined;

  constructor(options: StoredEntryListOptions) {
    this.#options = options;
  }

  /** Undefined: it is not known (yet), the definition has neither, or it has just become another. */
  get current(): EntryList | undefined {
    return this.#current;
  }

  /** Ends when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, onTrouble, clock } = this.#options;
    const reflector = new Reflector({
      client,
      kind: CUSTOM_RESOURCE_DEFINITION,
      scope: { fieldSelector: `metadata.name=${resourceName(KIND)}` },
      onEvent: (event) => this.#become(event.type === 'put' ? listOf(event.object) : undefined),
      onListed: () => undefined,
      onTrouble: (problem) => {
        if (problem?.reason === 'Forbidden') onTrouble(problem.message);
      },
      ...(clock === undefined ? {} : { clock }),
    });
    await reflector.run(signal);
    this.#cancel();
  }

  #become(list: EntryList | undefined): void {
    const former = this.#installed;
    if (list === former) return;
    this.#cancel();
    this.#installed = list;
    this.#current = undefined;
    if (list === undefined) return;
    const { onChange, clock = systemClock } = this.#options;
    const hold = (): void => {
      this.#current = list;
      onChange();
    };
    if (former === undefined) hold();
    else this.#cancel = clock.after(LAG_MS, hold);
  }
}

/** By the schema rather than by `gateway.networking.k8s.io/bundle-version`: that is what decides what is kept. */
function listOf({ spec }: KubernetesObject): EntryList | undefined {
  const version = objectsIn(fieldsOf(spec)['versions']).find(({ name }) => name === KIND.version);
  const schema = fieldsOf(fieldsOf(version?.['schema'])['openAPIV3Schema']);
  const status = fieldsOf(fieldsOf(schema['properties'])['status']);
  const known = fieldsOf(status['properties']);
  return LISTS.find((list) => known[list] !== undefined);
}
