/** ConfigMap: certificates of authorities, response bodies and other plain files. */
import { kubernetesKind } from '../object-meta.ts';
import { flag, map, optional, type Static, text } from '../schema.ts';

/** Values of `binaryData` are base64. */
export const configMap = kubernetesKind('ConfigMap', 'v1', {
  data: optional(map(text())),
  binaryData: optional(map(text({ format: 'byte', expected: 'base64' }))),
  immutable: optional(flag()),
});
export type ConfigMap = Static<typeof configMap>;
