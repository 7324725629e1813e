import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { requiredFiles } from './file-option.ts';
import type { InfraView } from './infra-view.ts';
import { addLogOptions } from './log-options.ts';
import { EXIT, type ExitCode, type Perform, type Session } from './session.ts';
import type { View } from './translation-output.ts';

interface TranslateFlags {
  readonly file?: readonly string[];
  readonly to: readonly View[];
  readonly output: 'yaml' | 'json';
  readonly showSecrets?: boolean;
  readonly controllerName: string;
  readonly config?: string;
}

const VIEWS: readonly View[] = ['status', 'ir', 'infra', 'xds'];
const isView = (text: string): text is View => VIEWS.some((view) => view === text);

function parseViews(text: string): readonly View[] {
  const views = text.split(',').map((part) => part.trim());
  return views.map((view) => {
    if (!isView(view)) throw new InvalidArgumentError(`There is no ${view || 'empty view'}. Known: ${VIEWS.join(', ')}.`);
    return view;
  });
}

const HELP = `
Views:
  status  every object whose kind has a status, defaulted, with the status it would get if all proxies took everything
  ir      the intermediate representation
  infra   the Kubernetes manifests of the proxies of each Gateway
  xds     Envoy's configuration by fleet (<namespace>/<gateway>) and type
One view is printed bare, several as the fields of one object.

With --config, these of its fields count, and nothing of the default installation:
  gateway.controllerName   which GatewayClasses are translated
  envoyProxy               how proxies are run where neither their Gateway nor its class says so
  provider                 where they run: a cluster (kubernetes: deploy, shutdownManager, proxyTopologyInjector), or a machine, without manifests
What else it says changes nothing here; all objects are translated, whatever namespaces its watch names. A field that the operator would not start
with is an error. What only a running operator knows is left out of manifests in the namespaces of Gateways: ca.crt of their ConfigMaps.

Exit codes: 0 fine, 1 bad input (errors on standard error; the rest is printed all the same), 2 wrong usage

Examples:
  gatehouse translate -f examples/quickstart.yaml --to xds -o json
  kubectl get gateway,httproute -A -o yaml | gatehouse translate -f - --to status
  gatehouse translate -f gateways/ --to infra --config envoy-gateway.yaml

Environment, with --config, as for the operator:
  ENVOY_GATEWAY_NAMESPACE    the operator's namespace (else envoy-gateway-system)
  ENVOY_PROXY_IMAGE          the proxies' image
  KUBERNETES_CLUSTER_DOMAIN  what names in the cluster end with (else cluster.local)`;

const NO_INFRA: InfraView = { manifests: [], problems: [] };

async function perform(flags: TranslateFlags, paths: readonly string[], session: Session): Promise<ExitCode> {
  const [{ readInput }, { printViews, viewOf }, { problemText }, { translate }, { configuredInstallation, plainInstallation }] =
    await Promise.all([
      import('./read-input.ts'),
      import('./translation-output.ts'),
      import('../operator/standalone/file-problem.ts'),
      import('../translators/translate.ts'),
      import('./installation.ts'),
    ]);
  const { settings, rendering } =
    flags.config === undefined ? plainInstallation(flags.controllerName) : await configuredInstallation(flags.config, session.environment);
  const { objects, problems } = await readInput(paths, session.stdin);
  for (const problem of problems) session.stderr.write(`error: ${problemText(problem, process.cwd())}\n`);
  const translation = translate(objects, { settings, now: Date.now() });
  const infra = rendering && flags.to.includes('infra') ? (await import('./infra-view.ts')).infraView(translation, rendering) : NO_INFRA;
  for (const problem of infra.problems) session.stderr.write(`error: ${problem}\n`);
  const views = new Map(flags.to.map((view) => [view, view === 'infra' ? infra.manifests : viewOf(view, objects, translation)]));
  session.stdout.write(printViews(views, { format: flags.output, showSecrets: flags.showSecrets ?? false }));
  return problems.length + infra.problems.length > 0 ? EXIT.failed : EXIT.fine;
}

/** `gatehouse translate` */
export function addTranslate(program: Command, act: Perform): void {
  const command = program
    .command('translate')
    .description('print what objects amount to, without a cluster and without Envoy')
    .allowExcessArguments() // told with a better cure than commander's
    .option(
      '-f, --file <path...>',
      'YAML file or folder (its *.yaml, *.yml and *.json, not those of folders in it); - is standard input; may be repeated',
    )
    .addOption(
      new Option('--to <views>', `what to print, with commas: ${VIEWS.join(', ')}`).argParser(parseViews).default(VIEWS, VIEWS.join(',')),
    )
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['yaml', 'json']).default('yaml'))
    .option('--show-secrets', 'print private keys as they are')
    .option(
      '--controller-name <name>',
      'translate the GatewayClasses with this controllerName',
      'gateway.envoyproxy.io/gatewayclass-controller',
    )
    .addOption(
      new Option('--config <path>', 'EnvoyGateway configuration file: translate as an operator that has it').conflicts('controllerName'),
    )
    .addHelpText('after', HELP)
    .action((flags: TranslateFlags) => {
      const paths = requiredFiles(command, flags.file);
      act((session) => perform(flags, paths, session));
    });
  addLogOptions(command, 'warn');
}
