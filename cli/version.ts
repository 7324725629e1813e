import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import { addLogOptions } from './log-options.ts';
import { EXIT, type Perform } from './session.ts';

/** The package's version; its package.json is one folder up from the sources, and from a bundle of them. */
export function gatehouseVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  if (!existsSync(file)) return 'unknown';
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string }; // our own package.json
  return version ?? 'unknown';
}

/** `gatehouse version` */
export function addVersion(program: Command, perform: Perform): void {
  const command = program
    .command('version')
    .description('print the version of Gatehouse, and of the Node that runs it')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(({ output }: { readonly output: 'text' | 'json' }) => {
      perform(async ({ stdout }) => {
        const versions = { gatehouse: gatehouseVersion(), node: process.versions.node };
        stdout.write(output === 'json' ? `${JSON.stringify(versions)}\n` : `gatehouse ${versions.gatehouse} (node ${versions.node})\n`);
        return EXIT.fine;
      });
    });
  addLogOptions(command, 'warn');
}
