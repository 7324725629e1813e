import type { Any } from '@bufbuild/protobuf/wkt';

/**
 * A place in the HTTP filter chain, the same on every listener of a release. Routes switch it on by `typed_per_filter_config`; a security
 * filter is enabled with a configuration that does nothing, because a route that is resolved late does not enable it any more (design 5).
 */
export interface HttpFilterSlot {
  readonly name: string;
  readonly config: Any;
  readonly disabled: boolean;
  /** Of one that is disabled: what has it in the chain, and doing nothing, for all routes of a virtual host that do not say more. */
  readonly idle?: Any;
}
