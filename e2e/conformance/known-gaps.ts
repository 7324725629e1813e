/**
 * What of the suite Gatehouse does not do yet, with the reasons. It can only shrink: a feature that the GatewayClass publishes may not be in here, nor
 * may a test that passes.
 */
export const KNOWN_GAPS: {
  /** Features that are not claimed: their tests are not run, as each would take its time to fail. */
  readonly features: Readonly<Record<string, string>>;
  /** Tests that fail. */
  readonly tests: Readonly<Record<string, string>>;
} = {
  features: {},
  tests: {
    GatewayInfrastructureMetadata: 'the proxies of a Gateway, and all that belongs to them, are in the namespace of the control plane',
  },
};
