import { FilterConfigSchema as GrpcStatsSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.ts';
import type { HttpFilterSlot } from './http-filter-slot.ts';
import { pack } from './pack.ts';

/**
 * Counts the calls of gRPC by cluster and status (`cluster.<name>.grpc.*`), as GRPCRoutes want it (contract B.3, `enableGRPCStats`); a
 * request of another content type costs a look at that header. A series per method is said to be off: clients name methods, so that they
 * could make series without end.
 */
export const GRPC_STATS: HttpFilterSlot = {
  name: 'envoy.filters.http.grpc_stats',
  config: pack(GrpcStatsSchema, { perMethodStatSpecifier: { case: 'statsForAllMethods', value: { value: false } } }),
  disabled: false,
};
