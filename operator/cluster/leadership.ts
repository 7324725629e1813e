import type { KubeClient, WriteOptions } from './kube-client.ts';

/** Whether this process may write to the cluster. */
export interface Leadership {
  /** Aborted when the present term ends; undefined: this process does not lead. Exact at the moment of asking, also after the process was frozen. */
  readonly term: AbortSignal | undefined;
  /** Told of each beginning and end of a term. What is written under the term has to end with it: see `writesOfTheLeader`. */
  onLeading(listener: (leading: boolean) => void): void;
}

/** Where there is but one (`leaderElection.disable`). */
export const alwaysLeading: Leadership = {
  term: new AbortController().signal,
  onLeading: (listener) => listener(true),
};

/** A write was asked for, or was under way, while this process did not lead, or not any more. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
  constructor(message = 'This replica does not lead, so it writes nothing.') {
    super(message);
  }
}

/** What writers of a cluster need of its client. */
export type ClusterWrites = Pick<KubeClient, 'get' | 'create' | 'patch' | 'delete'>;

/**
 * The client, with writes for the leader only: each looks at the term when it is asked for and again right before it goes out, and is aborted with the
 * term. Outside of a term, writes throw NotLeadingError. A process that is frozen between the last look and the network may still be heard when it wakes; a status
 * that it then writes is for a version of the object that its successor has left behind, and is refused.
 */
export function writesOfTheLeader(client: ClusterWrites, leadership: Leadership): ClusterWrites {
  const during = (signal: AbortSignal | undefined): Required<WriteOptions> => {
    const { term } = leadership;
    if (term === undefined) throw new NotLeadingError();
    const guard = (): void => {
      if (leadership.term !== term) throw new NotLeadingError();
    };
    return { signal: signal === undefined ? term : AbortSignal.any([term, signal]), guard };
  };
  return {
    get: (kind, key, signal) => client.get(kind, key, signal),
    create: async (kind, object, query, options) => client.create(kind, object, query, during(options?.signal)),
    patch: async (kind, key, patch, options) => client.patch(kind, key, patch, { ...options, ...during(options?.signal) }),
    delete: async (kind, key, options) => client.delete(kind, key, { ...options, ...during(options?.signal) }),
  };
}
