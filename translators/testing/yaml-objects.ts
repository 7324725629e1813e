import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { admit } from '../../crds/validate.ts';

/** The objects of a YAML text as an API server would have admitted them. Throws what is wrong with any of them. */
export function objectsOf(yaml: string): readonly KubernetesObject[] {
  return parseAllDocuments(yaml)
    .map((document): unknown => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS();
    })
    .filter((object) => object !== null)
    .map((object) => {
      const admitted = admit(object);
      if (!admitted.ok) throw new Error(admitted.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
      return admitted.value;
    });
}
