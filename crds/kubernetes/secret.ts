/** Secret: certificates with their keys, and other things that are not for everyone's eyes. */
import { kubernetesKind } from '../object-meta.ts';
import { defaulted, flag, map, optional, type Static, text } from '../schema.ts';

/** Values of `data` are base64. `stringData` is for writers: admission moves it into `data`. */
export const secret = kubernetesKind('Secret', 'v1', {
  type: defaulted(text(), 'Opaque'),
  data: optional(map(text({ format: 'byte', expected: 'base64', sensitive: true }))),
  stringData: optional(map(text({ sensitive: true }))),
  immutable: optional(flag()),
});
export type Secret = Static<typeof secret>;
