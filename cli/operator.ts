import type { Command } from 'commander';
import { wantsColor } from '../operator/standalone/display.ts';
import { addLogOptions, type LogFlags } from './log-options.ts';
import { parsePort, portOption } from './port-option.ts';
import { EXIT, type Perform } from './session.ts';
import { gatehouseVersion } from './version.ts';

interface OperatorFlags extends LogFlags {
  readonly kubeconfig?: string;
  readonly config?: string;
  readonly xdsPort: number;
  readonly certsDir: string;
  readonly webhookPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly adminPort?: number;
}

const HELP = `
Without --kubeconfig it takes KUBECONFIG, and else the service account of the pod that it runs in.

Exit codes: 0 stopped, 1 could not start, 2 wrong usage

Examples:
  gatehouse operator --kubeconfig ~/.kube/config --config examples/operator-host.yaml
  gatehouse operator --log-level warn,provider:debug --log-format json`;

/** `gatehouse operator` */
export function addOperator(program: Command, perform: Perform): void {
  const command = program
    .command('operator')
    .description('serve the Gateways of a Kubernetes cluster')
    .option('--kubeconfig <path>', 'how to reach the cluster')
    .option('--config <path>', 'EnvoyGateway configuration file; a change of it is taken up (default: the defaults of its fields)')
    .addOption(portOption('xds', 'port of the xDS server', 18_000))
    .option(
      '--certs-dir <path>',
      'folder of tls.crt, tls.key and ca.crt, by which the xDS server and its proxies know each other',
      '/certs',
    )
    .addOption(portOption('webhook', 'port of the webhook that tells proxies their zone', 9443))
    .addOption(portOption('health', 'port of /healthz and /readyz', 8081))
    .addOption(portOption('metrics', 'port of /metrics', 19_001))
    .option(
      '--admin-port <port>',
      'port of the read-only admin interface; 0 takes any free one (default: as configured, else 19000)',
      parsePort,
    )
    .addHelpText('after', HELP)
    .action((flags: OperatorFlags) => {
      perform(async ({ stop, force, stderr, environment }) => {
        const { runOperator } = await import('../operator/main.ts');
        const color = wantsColor(stderr, environment);
        await runOperator({ ...flags, color, version: gatehouseVersion(), stop, force });
        return force.aborted ? EXIT.failed : EXIT.fine;
      });
    });
  addLogOptions(command);
}
