import { type Command, Option } from 'commander';
import { checkedFiles } from './file-option.ts';
import { addLogOptions } from './log-options.ts';
import type { Input } from './read-input.ts';
import { EXIT, type ExitCode, type Perform, type Session } from './session.ts';
import { gatehouseVersion } from './version.ts';

interface CheckFlags {
  readonly file?: readonly string[];
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

const HELP = `
Looks at a cluster that runs Envoy Gateway, or at files, and says of each object what becomes of it when Gatehouse takes over. It changes nothing.
In a cluster it reads the kinds of the Gateway API and of Envoy Gateway, Services, Secrets, ConfigMaps, Namespaces, one Node if it may, and what Envoy Gateway made.
How proxies are made is read from Envoy Gateway's ConfigMap (envoy-gateway-config); without it among the files, as by default.
Statuses in files count as what Envoy Gateway says, so take them from the cluster (kubectl get -A -o yaml writes them).

Findings:
  works    as today
  differs  goes on, otherwise than today
  stops    does not go on, or nobody can take it over
Each has a code that does not change between releases; differs and stops have a cure. The steps of a move: docs/migration.md.

Exit codes: 0 nothing stops, 1 something stops or cannot be read (errors on standard error; the rest is judged all the same), 2 wrong usage

Examples:
  gatehouse migrate check
  gatehouse migrate check -f exported/ -o json`;

/** Files where some are named, else a cluster. */
async function inputFor(flags: CheckFlags, namespace: string, session: Session): Promise<Input> {
  if (flags.file !== undefined) return await (await import('./read-objects.ts')).readObjects(flags.file, session.stdin);
  const [{ loadKubeClient }, { readCluster }] = await Promise.all([
    import('../operator/cluster/kube-client.ts'),
    import('../operator/migration/read-cluster.ts'),
  ]);
  const client = loadKubeClient(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig });
  try {
    return { objects: await readCluster(client, namespace), problems: [] };
  } finally {
    await client.close();
  }
}

async function check(flags: CheckFlags, session: Session): Promise<ExitCode> {
  const [{ checkMigration }, { showFindings, structured }, { displayOn }, { problemText }, { controllerNamespace }] = await Promise.all([
    import('../operator/migration/check-migration.ts'),
    import('./migration-output.ts'),
    import('../operator/standalone/display.ts'),
    import('../operator/standalone/file-problem.ts'),
    import('../operator/controller-namespace.ts'),
  ]);
  const namespace = flags.namespace ?? controllerNamespace(session.environment);
  const { objects, problems } = await inputFor(flags, namespace, session);
  for (const problem of problems) session.stderr.write(`error: ${problemText(problem, process.cwd())}\n`);
  const whole = flags.file === undefined;
  const findings = checkMigration({ objects, whole, namespace, now: Date.now(), version: gatehouseVersion() });
  if (flags.output === 'text') showFindings(findings, displayOn(session.stdout, session.environment));
  else session.stdout.write(structured(findings, flags.output));
  return problems.length > 0 || findings.some(({ severity }) => severity === 'stops') ? EXIT.failed : EXIT.fine;
}

/** `gatehouse migrate` */
export function addMigrate(program: Command, perform: Perform): void {
  const migrate = program
    .command('migrate')
    .description('move a cluster from Envoy Gateway')
    .addHelpText('after', '\nExample:\n  gatehouse migrate check')
    .enablePositionalOptions();
  const command = migrate
    .command('check')
    .description('say what works, what differs and what stops, object by object')
    .allowExcessArguments() // told with a better cure than commander's
    .option(
      '-f, --file <path...>',
      'YAML file or folder (its *.yaml, *.yml and *.json) instead of a cluster; - is standard input; may be repeated',
    )
    .addOption(new Option('--kubeconfig <path>', 'how to reach the cluster').conflicts('file'))
    .option('-n, --namespace <name>', 'where Envoy Gateway is (default: ENVOY_GATEWAY_NAMESPACE, else envoy-gateway-system)')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json', 'yaml']).default('text'))
    .addHelpText('after', HELP)
    .action((flags: CheckFlags) => {
      checkedFiles(command, flags.file);
      perform((session) => check(flags, session));
    });
  addLogOptions(command, 'warn');
}
