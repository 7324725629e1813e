import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { type Answer, ask } from '../../harness/ask.ts';
import { httpRoute, redirectTo } from '../../harness/gateway-objects.ts';
import { resourceKind } from '../../harness/test-cluster.ts';
import type { Flow, TrafficReport } from '../../harness/traffic.ts';
import { until } from '../../harness/until.ts';
import { ensureImages, IMAGE_FOLDER, type ImageArchives } from '../../images/image-archives.ts';
import { figure } from './figures.ts';
import { type KindCluster, startKindCluster } from './kind-cluster.ts';
import { startLoadBalancer } from './load-balancer.ts';
import { installGatewayApi, type Release, releaseIn } from './release.ts';
import { duringInside } from './traffic-inside.ts';

const QUICKSTART = join(import.meta.dirname, '../../../examples/kubernetes/quickstart.yaml');
/** Host of the quickstart's route. */
export const HOST = 'www.example.com';

/** A cluster with all images, the Gateway API and a load balancer; and what a test of Gatehouse in it does again and again. */
export interface World {
  readonly cluster: KindCluster;
  readonly images: ImageArchives;
  readonly release: Release;
  readonly quickstart: () => Promise<void>;
  /** A GET at a port of the node. */
  readonly get: (port: number, host?: string, path?: string) => Promise<Answer>;
  /** Waits for this status. */
  readonly answers: (port: number, status: number, host?: string) => Promise<Answer>;
  readonly read: (kind: string, key: string) => Promise<KubernetesObject>;
  /** Requests to the quickstart for as long as `work` takes. */
  readonly underLoad: (work: (flow: Flow) => Promise<unknown>) => Promise<TrafficReport>;
  /** Shows that changes reach the proxies of the Gateway `eg`: a redirect, to a host named after `mark`. */
  readonly change: (mark: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startWorld(): Promise<World> {
  const report = stepReport(process.stderr);
  const images = await ensureImages(report);
  const began = Date.now();
  const cluster = await startKindCluster(IMAGE_FOLDER, report);
  try {
    figure('a cluster, until its DNS runs, ms', Date.now() - began);
    await cluster.loadImages(Object.values(images).map(({ file }) => file));
    await installGatewayApi(cluster);
    const endLoadBalancer = startLoadBalancer(cluster);
    figure('with images and the Gateway API, ms', Date.now() - began);
    const stop = async (): Promise<void> => {
      await endLoadBalancer();
      await cluster.stop();
    };
    return { cluster, images, release: releaseIn(cluster), ...actionsIn(cluster), stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function actionsIn(cluster: KindCluster) {
  const get: World['get'] = async (port, host = HOST, path = '/get') => await ask({ port: await cluster.reach(port), host, path });
  const answers: World['answers'] = (port, status, host = HOST) =>
    until(
      `port ${port} answers ${status} to ${host}`,
      async () => {
        const answer = await get(port, host);
        if (answer.status === status) return answer;
        throw new Error(`the last answer was ${answer.status} ${answer.body}`);
      },
      { limit: 120_000 },
    );
  const change: World['change'] = async (mark) => {
    const target = `${mark}.example.com`;
    await cluster.apply(httpRoute('change', { host: HOST, path: '/change', rule: redirectTo(target) }));
    await until(`the redirect to ${target}`, async () =>
      (await get(80, HOST, '/change')).headers.location?.includes(target) ? true : undefined,
    );
  };
  return {
    get,
    answers,
    change,
    quickstart: async () => cluster.apply(await readFile(QUICKSTART, 'utf8')),
    read: (kind: string, key: string) => cluster.client.get(resourceKind(kind), key),
    underLoad: (work: (flow: Flow) => Promise<unknown>) =>
      duringInside(cluster, { port: 80, targets: [{ host: HOST, path: '/get' }] }, work),
  };
}
