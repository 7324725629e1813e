import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import type { Docker } from './docker.ts';

/** Where a node sees the folder of images that it is started with. */
export const IMAGES_IN_NODE = '/images';

export interface NodeOfCluster {
  readonly container: StartedTestContainer;
  /** Of the container, and of the node in the cluster. */
  readonly name: string;
  readonly stop: () => Promise<void>;
}

/** testcontainers has no word for this: where cgroups are those of version 1, a container shares the machine's unless it asks for its own. */
class NodeContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    Object.assign(this.hostConfig, { CgroupnsMode: 'private' });
  }
}

/** Starts the container of a node, as kind does, and waits until containerd answers in it. It ends with `stop`, and with this process. */
export async function startNodeContainer(docker: Docker, image: string, images: string): Promise<NodeOfCluster> {
  // testcontainers reads them when it is first used. Its own cleaner is an image that has to be pulled; ours is `guard`.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  if (docker.host !== undefined) process.env['DOCKER_HOST'] = docker.host;
  const name = `gatehouse-e2e-${process.pid}`;
  const modules = existsSync('/lib/modules') ? [{ source: '/lib/modules', target: '/lib/modules', mode: 'ro' as const }] : [];
  const container = new NodeContainer(image)
    .withName(name)
    .withHostname(name)
    .withPrivilegedMode()
    .withTmpFs({ '/run': 'rw,exec', '/tmp': 'rw,exec' })
    .withBindMounts([{ source: images, target: IMAGES_IN_NODE, mode: 'ro' }, ...modules])
    .withEnvironment({ KUBECONFIG: '/etc/kubernetes/admin.conf' })
    .withWaitStrategy(Wait.forSuccessfulCommand('ctr version'))
    .withStartupTimeout(120_000);
  const guarded = guard(name);
  try {
    const started = await container.start();
    const stop = async (): Promise<void> => {
      await started.stop({ remove: true, removeVolumes: true, timeout: 0 });
      guarded.release();
    };
    return { container: started, name, stop };
  } catch (error) {
    guarded.removeNow();
    throw error;
  }
}

/** A shell of a session of its own that waits at a pipe from us, which closes when we are gone, however that came, and removes the container then. */
function guard(name: string): { release: () => void; removeNow: () => void } {
  const shell = spawn('sh', ['-c', 'read -r word; [ "$word" = released ] || docker rm --force --volumes "$1"', 'guard', name], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  return { release: () => shell.stdin.end('released\n'), removeNow: () => shell.stdin.end() };
}
