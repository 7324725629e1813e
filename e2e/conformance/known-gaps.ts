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
  features: {
    TLSRoute: 'the kind is not built',
    TLSRouteModeTerminate: 'the kind is not built',
    TLSRouteModeMixed: 'the kind is not built',
    TCPRoute: 'the kind is not built',
    UDPRoute: 'the kind is not built',
    ListenerSet: 'the kind is not built',
    HTTPRouteRetry: 'the field is not built',
    HTTPRouteRetryBackendTimeout: 'the field is not built',
    HTTPRouteRetryConnectionError: 'the field is not built',
  },
  tests: {},
};
