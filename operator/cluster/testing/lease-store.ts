import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube-client.ts';
import { KubernetesError } from '../kubernetes-error.ts';

/** What happens to one request on its way. Milliseconds. */
export interface Fate {
  /** Until it arrives; undefined: never. */
  readonly there: number | undefined;
  /** Until its answer arrives; undefined: never. */
  readonly back: number | undefined;
}

export type LeaseClient = Pick<KubeClient, 'get' | 'create' | 'patch'>;

type Work = () => KubernetesObject;

/** One Lease by the rules of the API server (versions, 404, 409), at the end of a way that delays and loses requests and answers. */
export class LeaseStore {
  lease: KubernetesObject | undefined;
  readonly #clock: Clock;
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The store as one process reaches it; `fate` is asked for each request. */
  client(fate: () => Fate = () => ({ there: 0, back: 0 })): LeaseClient {
    const call = (work: Work, signal: AbortSignal | undefined): Promise<KubernetesObject> => this.#call(work, fate(), signal);
    return {
      get: (_kind, _key, signal) => call(() => this.#found(), signal),
      create: (_kind, object, _query, options) => call(() => this.#create(object), options?.signal),
      patch: (_kind, _key, patch, options) =>
        call(() => {
          if (patch.type !== 'merge') throw new Error('the election uses merge patches');
          return this.#merge(patch.body as KubernetesObject); // its own test would fail otherwise
        }, options?.signal),
    };
  }

  /** An administrator deletes it. */
  remove(): void {
    this.lease = undefined;
  }

  #call(work: Work, { there, back }: Fate, signal: AbortSignal | undefined): Promise<KubernetesObject> {
    return new Promise((resolve, reject) => {
      // A request that is given up may arrive all the same.
      signal?.addEventListener('abort', () => reject(new KubernetesError({ status: 0, reason: 'Timeout', message: 'too late' })));
      if (there === undefined) return;
      this.#clock.after(there, () => {
        const answer = outcome(work);
        if (back === undefined) return;
        this.#clock.after(back, () => ('error' in answer ? reject(answer.error) : resolve(answer.object)));
      });
    });
  }

  #found(): KubernetesObject {
    if (this.lease === undefined) throw failure(404, 'NotFound');
    return this.lease;
  }

  #create(object: KubernetesObject): KubernetesObject {
    if (this.lease !== undefined) throw failure(409, 'AlreadyExists');
    return this.#store(object);
  }

  #merge({ metadata, spec }: KubernetesObject): KubernetesObject {
    const old = this.#found();
    if (metadata.resourceVersion !== old.metadata.resourceVersion) throw failure(409, 'Conflict');
    const annotations = merged(old.metadata.annotations, metadata.annotations);
    // The cast: annotations that are null were taken away.
    return this.#store({
      ...old,
      metadata: { ...old.metadata, annotations: annotations as Record<string, string> },
      spec: merged(old.spec, spec),
    });
  }

  #store(object: KubernetesObject): KubernetesObject {
    this.#version += 1;
    this.lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    return this.lease;
  }
}

const outcome = (work: Work): { readonly object: KubernetesObject } | { readonly error: unknown } => {
  try {
    return { object: work() };
  } catch (error) {
    return { error };
  }
};

const failure = (status: number, reason: string): KubernetesError => new KubernetesError({ status, reason, message: reason });

const merged = (into: unknown, from: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...(into as object), ...(from as object) }).filter(([, value]) => value !== null)); // JSON objects
