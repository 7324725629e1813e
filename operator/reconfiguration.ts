import { Counter, type Registry } from 'prom-client';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { ConfigurationSource } from './configuration.ts';
import { parseConfiguration } from './configuration.ts';
import { changeOf, type Section } from './configuration-change.ts';
import { ConfigurationFile } from './configuration-file.ts';
import type { ControlPlaneLogger } from './control-plane.ts';

/** Brings what runs in line with a section of a new configuration. What it throws is told; the rest of the change holds all the same. */
export type Apply = (next: EnvoyGateway) => Promise<void> | void;

export interface ReconfigurationOptions {
  readonly source: ConfigurationSource;
  readonly logger: ControlPlaneLogger;
  readonly registry: Registry;
  /** Sections that change while all else runs. One that is not here needs a new beginning, as all fields outside of sections do. */
  readonly apply: Partial<Readonly<Record<Section, Apply>>>;
  /** The operator has to begin anew with this one. Nothing more is told after that. */
  readonly onRestart: (next: ConfigurationSource) => void;
}

/** Follows the configuration file. A file that is not valid changes nothing. */
export class Reconfiguration {
  readonly #options: ReconfigurationOptions;
  readonly #file: ConfigurationFile | undefined;
  readonly #reloads: Counter<'result'>;
  #current: EnvoyGateway;
  #ended = false;

  constructor(options: ReconfigurationOptions) {
    const { source, registry } = options;
    this.#options = options;
    this.#current = source.configuration;
    this.#reloads = new Counter({
      name: 'gatehouse_configuration_reloads_total',
      help: 'Changes of the configuration file by what became of them: applied, restart, refused, failed.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['applied', 'restart', 'refused', 'failed']) this.#reloads.inc({ result }, 0);
    if (source.path === undefined) return;
    this.#file = new ConfigurationFile({ path: source.path, text: source.text, onText: (text, why) => this.#take(text, why) });
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#file?.close();
  }

  async #take(text: string | undefined, why: string): Promise<void> {
    const { source, logger } = this.#options;
    if (this.#ended || source.path === undefined) return;
    try {
      if (text === undefined) throw new Error(`${source.path}: the configuration cannot be read (${why})`);
      await this.#change({ path: source.path, text, configuration: parseConfiguration(source.path, text) });
    } catch (error) {
      this.#reloads.inc({ result: 'refused' });
      logger.error(`The configuration that is in use goes on. ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #change(next: ConfigurationSource): Promise<void> {
    const { logger, apply, onRestart } = this.#options;
    const { sections, others } = changeOf(this.#current, next.configuration);
    const needed = [...others, ...sections.filter((section) => apply[section] === undefined)];
    if (needed.length > 0) {
      this.#ended = true;
      this.#reloads.inc({ result: 'restart' });
      logger.warn(`The operator begins anew: ${needed.join(', ')} cannot change while it runs.`);
      onRestart(next);
      return;
    }
    this.#current = next.configuration;
    if (sections.length === 0) {
      logger.info('The configuration file says again what is in use');
      return;
    }
    const failed = await this.#apply(sections);
    this.#reloads.inc({ result: failed ? 'failed' : 'applied' });
    if (!failed) logger.info(`The new configuration holds; changed: ${sections.join(', ')}`);
    if (this.#current.admin.enableDumpConfig) logger.info('Configuration', { configuration: this.#current });
  }

  async #apply(sections: readonly Section[]): Promise<boolean> {
    let failed = false;
    for (const section of sections) {
      try {
        await this.#options.apply[section]?.(this.#current);
      } catch (error) {
        failed = true;
        const why = error instanceof Error ? error.message : String(error);
        this.#options.logger.error(`The new ${section} of the configuration does not hold, the one before goes on: ${why}`);
      }
    }
    return failed;
  }
}
