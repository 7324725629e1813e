import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from '../reflector.ts';
import type { ResourceKind } from '../resource-kind.ts';
import type { WatchProblem } from '../watch-problem.ts';
import type { ScriptedApiServer, SeenRequest } from './scripted-api-server.ts';

export const THING: ResourceKind = { group: 'test.io', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
export const THINGS = '/apis/test.io/v1/things';

export const thing = (name: string, spec: unknown = {}, annotations?: Record<string, string>): KubernetesObject => ({
  apiVersion: 'test.io/v1',
  kind: 'Thing',
  metadata: { namespace: 'ns', name, ...(annotations === undefined ? {} : { annotations }) },
  spec,
});

/** What a follower ends up knowing. */
export interface Follower {
  readonly reflector: Reflector;
  readonly events: ReflectorEvent[];
  readonly known: Map<string, KubernetesObject>;
  readonly problems: (WatchProblem | undefined)[];
  lists: number;
  stop(): Promise<void>;
}

export const follow = (server: ScriptedApiServer, options: Partial<ReflectorOptions> = {}): Follower => {
  const stopping = new AbortController();
  const known = new Map<string, KubernetesObject>();
  const events: ReflectorEvent[] = [];
  const problems: (WatchProblem | undefined)[] = [];
  const client = server.client();
  const reflector = new Reflector({
    client,
    kind: THING,
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'put') known.set(event.key, event.object);
      else known.delete(event.key);
    },
    onListed: () => {
      follower.lists += 1;
    },
    onTrouble: (problem) => problems.push(problem),
    random: () => 0,
    ...options,
  });
  const run = reflector.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await run;
    await client.close();
  };
  const follower: Follower = { reflector, events, known, problems, lists: 0, stop };
  return follower;
};

export const names = (follower: Follower): string[] => [...follower.known.keys()].sort();
export const watches = (server: ScriptedApiServer): readonly SeenRequest[] =>
  server.requests.filter(({ query }) => query.get('watch') === 'true');
export const lists = (server: ScriptedApiServer): readonly SeenRequest[] =>
  server.requests.filter(({ method, query }) => method === 'GET' && !query.has('watch'));
