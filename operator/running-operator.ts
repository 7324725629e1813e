import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { ConfigurationSource } from './configuration.ts';
import { createLogging, type Logging, type LoggingOptions } from './logging.ts';

export interface OperatorOptions {
  readonly kubeconfig?: string;
  /** Path of the EnvoyGateway configuration; undefined: the built-in one. */
  readonly config?: string;
  readonly xdsPort: number;
  /** Folder of tls.crt, tls.key and ca.crt, where proxies come by the network. */
  readonly certsDir: string;
  /** Of the topology injector. */
  readonly webhookPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly adminPort?: number;
  readonly logLevel?: LoggingOptions['levels'];
  readonly logFormat?: 'text' | 'json';
  readonly color?: boolean;
  readonly version: string;
  /** Aborted: end in order. */
  readonly stop: AbortSignal;
  /** Aborted: end at once. */
  readonly force: AbortSignal;
}

/** What a running operator is made of, in the order of its making. */
export interface RunningOperator {
  readonly options: OperatorOptions;
  readonly source: ConfigurationSource;
  readonly configuration: EnvoyGateway;
  readonly logging: Logging;
  readonly stack: AsyncDisposableStack;
  readonly onRestart: (next: ConfigurationSource) => void;
}

export const logSettings = (
  { logLevel, logFormat }: OperatorOptions,
  { logging }: EnvoyGateway,
): Pick<LoggingOptions, 'encoder' | 'levels'> => ({
  encoder: logFormat === undefined ? logging.encoder : logFormat === 'json' ? 'JSON' : 'Text',
  levels: { ...logging.level, ...logLevel },
});

export const loggingOf = (options: OperatorOptions, configuration: EnvoyGateway): Logging =>
  createLogging({ ...logSettings(options, configuration), ...(options.color === undefined ? {} : { color: options.color }) });
