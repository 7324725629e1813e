import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { obtain } from '../../operator/standalone/binaries/obtain.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { type GoProgram, goBuild } from '../harness/assets/go-build.ts';
import { GATEWAY_API_VERSION } from '../harness/gateway-api-crds.ts';

const SUITE = join(import.meta.dirname, 'suite');
const CORE_DNS = join(import.meta.dirname, 'coredns');

/** The suite and the programs that its manifests put behind routes: file name -> program. */
const programs = {
  'conformance.test': { name: `the conformance suite ${GATEWAY_API_VERSION}`, module: SUITE, package: '.', tests: true, variables: {} },
  'echo-basic': {
    name: "the suite's echo-basic",
    module: SUITE,
    package: 'sigs.k8s.io/gateway-api/conformance/echo-basic',
    variables: {},
  },
  coredns: { name: "the suite's CoreDNS", module: CORE_DNS, package: '.', variables: {} },
} as const satisfies Readonly<Record<string, GoProgram>>;

/** What decides what is built. */
const SOURCES = ['suite/go.sum', 'suite/conformance_test.go', 'coredns/go.sum', 'coredns/main.go'];

/** Paths of executables. */
export interface SuitePrograms {
  readonly suite: string;
  readonly echo: string;
  readonly coreDns: string;
}

/** The programs from the cache, built by Go where they are not there. Rejects with an Error that says why not and what to do. */
export async function ensureSuitePrograms(report: StepReport, environment = process.env): Promise<SuitePrograms> {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(await readFile(join(import.meta.dirname, source)));
  const { folder } = await obtain(
    {
      name: 'the conformance suite',
      folder: 'conformance',
      files: Object.keys(programs),
      sources: [
        {
          name: 'a Go build',
          version: `${GATEWAY_API_VERSION.slice(1)}-${hash.digest('hex').slice(0, 8)}`,
          // Go's module cache may hold all it needs.
          needsNetwork: false,
          fill: async (into, to) => {
            for (const [file, program] of Object.entries(programs)) await goBuild(program, join(into, file), to, environment);
          },
        },
      ],
      verify: async (made) => {
        const { ok, reason } = await runCommand(join(made, 'conformance.test'), ['-test.list=.'], { timeout: 20_000 });
        if (!ok) throw new Error(`the suite does not run: ${reason}`);
      },
      cure: 'Install Go (1.26 or newer).',
    },
    report,
    environment,
  );
  return { suite: join(folder, 'conformance.test'), echo: join(folder, 'echo-basic'), coreDns: join(folder, 'coredns') };
}
