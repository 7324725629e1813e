/** What TLSRoute, TCPRoute and UDPRoute do with what they take: exactly one rule, without matches and filters. */
import { list, object, optional, type Static } from '../schema.ts';
import { sectionName } from './names.ts';
import { weightedBackends } from './weighted-backend.ts';

const streamRule = object({ backendRefs: weightedBackends, name: optional(sectionName) });
export type StreamRule = Static<typeof streamRule>;

export const streamRules = list(streamRule, { minItems: 1, maxItems: 1, listType: 'atomic' });
