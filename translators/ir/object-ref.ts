/** Where a piece of configuration comes from: goes into Envoy metadata and into messages. Never holds a generation, so that a resync changes no bytes. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly sectionName?: string;
  /** Only those that start with `gateway.envoyproxy.io/`, without that prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
}
