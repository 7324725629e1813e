import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'winston';
import type { InfraNode } from '../../translators/ir/infra-node.ts';
import type { Transport } from '../../translators/ir/transport.ts';
import type { LostListener } from '../../xds/fleet-hub.ts';
import type { Clock } from '../cluster/clock.ts';
import type { ProxyState } from './envoy-process.ts';
import { adminSocket, bootstrapFile, EnvoyProcess } from './envoy-process.ts';
import { portProblem } from './listener-ports.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import { errorText } from './system-error.ts';

/** What the host needs of the control plane. */
export interface FleetSource {
  fleets(): readonly InfraNode[];
  onFleet(listener: (changes: readonly FleetChange[]) => void): void;
  /** Undefined: the fleet's proxies are gone. */
  observe(fleet: string, observation: FleetObservation | undefined): void;
  /** A proxy dropped a listener that it had taken. */
  lostListener(lost: LostListener): void;
}

export interface FleetChange {
  readonly fleet: string;
  readonly infra: InfraNode | undefined;
}

export interface FleetObservation {
  readonly proxies: number;
  readonly ready: number;
  readonly addresses: readonly string[];
  readonly problem?: string;
}

/** What a proxy's bootstrap has to know. */
export interface HostBootstrap {
  readonly fleet: string;
  readonly node: string;
  readonly xdsSocket: string;
  readonly adminSocket: string;
}

export interface HostOptions {
  /** Path of the Envoy binary. */
  readonly envoy: string;
  readonly directory: RuntimeDirectory;
  /** The Unix socket on which the control plane serves xDS; see `xdsSocketIn`. */
  readonly xdsSocket: string;
  readonly controlPlane: FleetSource;
  /** An encoded `envoy.config.bootstrap.v3.Bootstrap`. */
  readonly bootstrap: (host: HostBootstrap) => Uint8Array;
  /** What listeners bind, as the control plane has it. */
  readonly bindAddress: string;
  /** Where clients find the listeners. */
  readonly addresses: readonly string[];
  readonly drainMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told of each change of a proxy. Default: problems go to the log. */
  readonly onState?: (fleet: string, state: ProxyState) => void;
}

interface Member {
  infra: InfraNode;
  readonly proxy: EnvoyProcess;
  state: ProxyState;
}

export const xdsSocketIn = (directory: RuntimeDirectory): string => join(directory.path, 'xds.sock');

/** The proxies of this machine: one Envoy process for each fleet that the control plane names. */
export class HostInfrastructure {
  readonly #options: HostOptions;
  readonly #members = new Map<string, Member>();
  /** Proxies on their way out, by fleet: a successor needs their ports. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #dying = new Set<EnvoyProcess>();
  #count = 0;
  #stopped = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Starts what there is and follows what comes. The control plane must listen on `xdsSocket`. */
  start(): void {
    const { controlPlane } = this.#options;
    controlPlane.onFleet((changes) => this.#follow(changes));
    this.#follow(controlPlane.fleets().map((infra) => ({ fleet: infra.fleet, infra })));
  }

  /** The proxies as they are, by fleet. */
  states(): ReadonlyMap<string, ProxyState> {
    return new Map([...this.#members].map(([fleet, { state }]) => [fleet, state]));
  }

  /** The process of a fleet's proxy, where one runs. */
  pid(fleet: string): number | undefined {
    return this.#members.get(fleet)?.proxy.pid;
  }

  /** Drains and ends all proxies; resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const fleet of [...this.#members.keys()]) this.#remove(fleet);
    await Promise.all(this.#leaving.values());
  }

  /** Ends all proxies at once. */
  kill(): void {
    this.#stopped = true;
    for (const { proxy } of this.#members.values()) proxy.kill();
    for (const proxy of this.#dying) proxy.kill();
  }

  #follow(changes: readonly FleetChange[]): void {
    if (this.#stopped) return;
    for (const { fleet, infra } of changes) {
      const member = this.#members.get(fleet);
      if (infra === undefined) this.#remove(fleet);
      else if (member !== undefined) member.infra = infra;
      else if (infra.problem === undefined) this.#add(infra);
      else this.#notMade(fleet, infra.problem.message);
    }
  }

  #notMade(fleet: string, problem: string): void {
    const { controlPlane, addresses } = this.#options;
    controlPlane.observe(fleet, { proxies: 1, ready: 0, addresses, problem });
  }

  #add(infra: InfraNode): void {
    const { envoy, directory, drainMs, logger, clock } = this.#options;
    const { fleet } = infra;
    this.#count += 1;
    const name = String(this.#count);
    const node = `${hostname()}-${process.pid}-${name}`;
    const proxy = new EnvoyProcess({
      binary: envoy,
      fleet,
      node,
      directory,
      name,
      drainMs,
      logger,
      clock,
      obstacle: () => this.#obstacle(fleet),
      onState: (state) => this.#observed(fleet, proxy, state),
      onDropped: (dropped) => this.#options.controlPlane.lostListener({ fleet, node, ...dropped }),
    });
    this.#members.set(fleet, { infra, proxy, state: { ready: false } });
    this.#options.controlPlane.observe(fleet, { proxies: 1, ready: 0, addresses: this.#options.addresses });
    const predecessor = this.#leaving.get(fleet) ?? Promise.resolve();
    predecessor.then(() => this.#launch({ fleet, node, name }, proxy)).catch((error: unknown) => this.#failed(fleet, proxy, error));
  }

  async #launch(who: { readonly fleet: string; readonly node: string; readonly name: string }, proxy: EnvoyProcess): Promise<void> {
    const { directory, bootstrap, xdsSocket } = this.#options;
    const { fleet, node, name } = who;
    const bytes = bootstrap({ fleet, node, xdsSocket, adminSocket: adminSocket(directory.path, name) });
    await writeFile(bootstrapFile(directory.path, name), bytes, { mode: 0o600 });
    if (this.#members.get(fleet)?.proxy === proxy) proxy.start();
  }

  #failed(fleet: string, proxy: EnvoyProcess, error: unknown): void {
    const problem = `the proxy cannot be started: ${errorText(error)}.`;
    this.#observed(fleet, proxy, { ready: false, problem });
  }

  #remove(fleet: string): void {
    this.#options.controlPlane.observe(fleet, undefined);
    const member = this.#members.get(fleet);
    if (member === undefined) return;
    this.#members.delete(fleet);
    const { proxy } = member;
    this.#dying.add(proxy);
    const before = this.#leaving.get(fleet) ?? Promise.resolve();
    const left = Promise.all([before, proxy.stop()]).then(() => {
      this.#dying.delete(proxy);
      if (this.#leaving.get(fleet) === left) this.#leaving.delete(fleet);
    });
    this.#leaving.set(fleet, left);
  }

  /** Envoys of one user share ports without a word (SO_REUSEPORT), so a port is asked for before Envoy is started. */
  async #obstacle(fleet: string): Promise<string | undefined> {
    for (const { bindPort, port, transport } of this.#members.get(fleet)?.infra.ports ?? []) {
      const rival = this.#rival(fleet, transport, bindPort);
      if (rival !== undefined)
        return `cannot bind port ${bindPort}: Gateway ${rival} has it. Give a listener of one of the two another port.`;
      const problem = await portProblem(bindPort, this.#options.bindAddress, transport);
      if (problem !== undefined) return port === bindPort ? problem : `${problem} (It stands in for port ${port}.)`;
    }
    return undefined;
  }

  /** Another fleet with this port that was there first. */
  #rival(fleet: string, transport: Transport, bindPort: number): string | undefined {
    for (const [other, { infra }] of this.#members) {
      if (other === fleet) return undefined;
      if (infra.ports.some((port) => port.bindPort === bindPort && port.transport === transport)) return other;
    }
    return undefined;
  }

  #observed(fleet: string, proxy: EnvoyProcess, state: ProxyState): void {
    const member = this.#members.get(fleet);
    if (member?.proxy !== proxy) return;
    member.state = state;
    const { controlPlane, addresses, logger, onState } = this.#options;
    controlPlane.observe(fleet, {
      proxies: 1,
      ready: state.ready ? 1 : 0,
      addresses,
      ...(state.problem === undefined ? {} : { problem: state.problem }),
    });
    if (onState !== undefined) onState(fleet, state);
    else if (state.problem !== undefined) logger.error(state.problem, { fleet });
  }
}
