import type { Command } from 'commander';
import { addLogOptions } from './log-options.ts';
import { EXIT, type Perform } from './session.ts';

interface CleanupFlags {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly controllerName: string;
  readonly proxyNamespaces?: string;
}

const HELP = `
It ends the controller (Deployment envoy-gateway), and takes away its proxies, the certificates that certgen made, its Lease, and its finalizers
on GatewayClasses. Gateways, routes and policies stay. \`helm uninstall\` does this by itself.

Exit codes: 0 nothing is left, 1 something could not be removed, 2 wrong usage

Example:
  gatehouse cleanup --namespace envoy-gateway-system`;

/** `gatehouse cleanup` */
export function addCleanup(program: Command, perform: Perform): void {
  const command = program
    .command('cleanup')
    .description('remove from a cluster what its controller made, before it is uninstalled')
    .option('--kubeconfig <path>', 'how to reach the cluster')
    .option('-n, --namespace <name>', 'where the controller is (default: ENVOY_GATEWAY_NAMESPACE, else that of the pod)')
    .option(
      '--controller-name <name>',
      'whose GatewayClasses are released: their controllerName',
      'gateway.envoyproxy.io/gatewayclass-controller',
    )
    .option('--proxy-namespaces <names>', 'where else its proxies are (deploy type GatewayNamespace): namespaces with commas between, or *')
    .addHelpText('after', HELP)
    .action((flags: CleanupFlags) => {
      perform(async ({ stdout, stop, environment }) => {
        const [{ cleanUp }, { loadKubeClient }, { controllerNamespace }] = await Promise.all([
          import('../operator/cleanup.ts'),
          import('../operator/cluster/kube-client.ts'),
          import('../operator/controller-namespace.ts'),
        ]);
        const client = loadKubeClient(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig });
        try {
          await cleanUp({
            client,
            namespace: flags.namespace ?? controllerNamespace(environment),
            places: placesOf(flags.proxyNamespaces),
            controllerName: flags.controllerName,
            report: (line) => void stdout.write(`${line}\n`),
            stop,
          });
          return EXIT.fine;
        } finally {
          await client.close();
        }
      });
    });
  addLogOptions(command, 'warn');
}

/** `*` is the whole cluster, which has no name. */
const placesOf = (names = ''): readonly string[] =>
  names.split(',').flatMap((name) => (name === '' ? [] : [name.trim() === '*' ? '' : name.trim()]));
