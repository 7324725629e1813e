import type { DeployMode } from '../../translators/settings.ts';

/**
 * What of the suite Gatehouse does not do yet in a mode, with the reasons. It can only shrink: a feature that the GatewayClass publishes may not be in here, nor
 * may a test that passes.
 */
export interface KnownGaps {
  /** Features that are not claimed: their tests are not run, as each would take its time to fail. */
  readonly features: Readonly<Record<string, string>>;
  /** Tests that fail. */
  readonly tests: Readonly<Record<string, string>>;
}

const NONE: KnownGaps = { features: {}, tests: {} };

export const KNOWN_GAPS: Readonly<Record<DeployMode, KnownGaps>> = {
  ControllerNamespace: {
    ...NONE,
    tests: {
      GatewayInfrastructureMetadata: 'the proxies of a Gateway, and all that belongs to them, are in the namespace of the control plane',
    },
  },
  GatewayNamespace: NONE,
};
