import type { Command } from 'commander';
import { Option } from 'commander';
import { requiredFiles } from './file-option.ts';
import { addLogOptions, type LogFlags, loggingOf } from './log-options.ts';
import { parseDuration, parsePort, portOption } from './port-option.ts';
import { EXIT, type Perform, type Session } from './session.ts';
import { gatehouseVersion } from './version.ts';

interface RunFlags extends LogFlags {
  readonly file?: readonly string[];
  readonly sampleBackend?: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly adminPort: number;
  readonly drainTimeout: number;
  readonly runtimeDir?: string;
  readonly controllerName: string;
}

const HELP = `
Exit codes: 0 stopped, 1 could not start or was stopped at once, 2 wrong usage

Examples:
  gatehouse run -f examples/quickstart.yaml --sample-backend 3000
  gatehouse run -f gateways/ -f routes.yaml
  gatehouse run -f gateway.yaml --health-port 0 --metrics-port 0 --admin-port 0

Environment:
  GATEHOUSE_ENVOY     the Envoy to run (else: envoy on PATH, else a cached or downloaded one)
  GATEHOUSE_OFFLINE   1 forbids downloads
  XDG_CACHE_HOME      where a downloaded Envoy is kept: gatehouse/envoy in this folder (else ~/.cache)
  NO_COLOR            anything: no colour`;

const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';

async function perform(flags: RunFlags, paths: readonly string[], session: Session): Promise<typeof EXIT.fine | typeof EXIT.failed> {
  const [{ run }, { displayOn }, { defaultRuntimeBase }, { stepReport }] = await Promise.all([
    import('../operator/standalone/run.ts'),
    import('../operator/standalone/display.ts'),
    import('../operator/standalone/runtime-directory.ts'),
    import('../operator/standalone/binaries/step-report.ts'),
  ]);
  await run({
    paths,
    controllerName: flags.controllerName,
    version: gatehouseVersion(),
    sampleBackendPort: flags.sampleBackend,
    ports: { health: flags.healthPort, metrics: flags.metricsPort, admin: flags.adminPort },
    drainMs: flags.drainTimeout,
    runtimeBase: flags.runtimeDir ?? defaultRuntimeBase(),
    logging: loggingOf(flags, session),
    display: displayOn(session.stdout, session.environment),
    report: stepReport(session.stderr),
    stop: session.stop,
    force: session.force,
  });
  return session.force.aborted ? EXIT.failed : EXIT.fine;
}

const drainOption = (): Option =>
  new Option('--drain-timeout <duration>', 'the longest that requests in flight are waited for when it stops')
    .argParser(parseDuration)
    .default(10_000, '10s');

/** `gatehouse run` */
export function addRun(program: Command, act: Perform): void {
  const command = program
    .command('run')
    .description('serve the Gateways of YAML files on this machine: no cluster, Envoy as a child process')
    .allowExcessArguments() // told with a better cure than commander's
    .option(
      '-f, --file <path...>',
      'YAML file or folder (its *.yaml, *.yml and *.json, not those of folders in it); may be repeated; watched',
    )
    .option('--sample-backend <port>', 'also run an echo server on this port of 127.0.0.1', parsePort)
    .addOption(portOption('health', 'port of /healthz and /readyz', 8081))
    .addOption(portOption('metrics', 'port of /metrics', 19_001))
    .addOption(portOption('admin', 'port of the read-only admin interface', 19_000))
    .addOption(drainOption())
    .option('--runtime-dir <path>', 'where sockets and process files are kept (default: gatehouse-<uid> in the folder for temporary files)')
    .option('--controller-name <name>', 'serve the GatewayClasses with this controllerName', CONTROLLER)
    .addHelpText('after', HELP)
    .action((flags: RunFlags) => {
      const paths = requiredFiles(command, flags.file);
      act((session) => perform(flags, paths, session));
    });
  addLogOptions(command, 'warn');
}
