import type { Any } from '@bufbuild/protobuf/wkt';
import {
  CompositePerRouteSchema,
  ExecuteFilterActionSchema,
} from '../../xds/proto/gen/envoy/extensions/filters/http/composite/v3/composite_pb.ts';
import { pack } from './pack.ts';

/**
 * Puts a whole filter on one route, in a slot of type `composite` that does nothing elsewhere: for filters that cannot be configured for one
 * route, or only in part (design 5).
 */
export function wholeFilter(name: string, filter: Any): Any {
  const action = pack(ExecuteFilterActionSchema, { typedConfig: { name, typedConfig: filter } });
  return pack(CompositePerRouteSchema, {
    matcher: { onNoMatch: { onMatch: { case: 'action', value: { name: 'filter', typedConfig: action } } } },
  });
}
