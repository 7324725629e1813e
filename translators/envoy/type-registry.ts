import { createRegistry, type Registry } from '@bufbuild/protobuf';
import { PACKED_SCHEMAS } from './packed-schemas.ts';

/** Finds what is packed in an Any by its type URL, to check it and to print it as JSON. */
export const ENVOY_TYPES: Registry = createRegistry(...PACKED_SCHEMAS);
