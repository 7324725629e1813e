import type { Readable } from 'node:stream';
import { isObject } from '../crds/json-schema.ts';
import { kindOf } from '../crds/kinds.ts';
import type { KubernetesObject } from '../crds/object-meta.ts';
import type { FileProblem } from '../operator/standalone/file-problem.ts';
import { syntaxText, YamlReader } from '../operator/standalone/yaml-documents.ts';
import { manifestTexts } from './manifest-texts.ts';
import type { Input } from './read-input.ts';

/**
 * Reads objects as they stand in files, of whatever kind, unchecked: what `readInput` refuses or leaves out is there too. What is no object is in
 * `problems` and costs nothing but itself. `paths` as for `manifestTexts`.
 */
export async function readObjects(paths: readonly string[], stdin: Readable): Promise<Input> {
  const objects: KubernetesObject[] = [];
  const problems: FileProblem[] = [];
  for await (const read of manifestTexts(paths, stdin)) {
    if ('problem' in read) problems.push(read.problem);
    else {
      const found = objectsIn(read.file, read.text);
      objects.push(...found.objects);
      problems.push(...found.problems);
    }
  }
  return { objects, problems };
}

function objectsIn(file: string, text: string): Input {
  const { documents, problems } = new YamlReader().read(text);
  const whole = documents.flatMap(({ value }) => (isKubernetesObject(value) ? [placed(value)] : []));
  const others = documents.filter(({ value }) => !isKubernetesObject(value));
  return {
    objects: whole,
    problems: [
      ...problems.map((problem) => ({ file, line: problem.line, message: syntaxText(problem) })),
      ...others.map(({ line }) => ({ file, line, message: 'this is no object. Write apiVersion, kind and metadata.name.' })),
    ],
  };
}

const isKubernetesObject = (value: unknown): value is KubernetesObject =>
  isObject(value) &&
  typeof value['apiVersion'] === 'string' &&
  typeof value['kind'] === 'string' &&
  isObject(value['metadata']) &&
  typeof value['metadata']['name'] === 'string';

/** Kinds that have no namespace and are none of ours; others that leave it out are in `default`. */
const CLUSTER_WIDE: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding']);

function placed(object: KubernetesObject): KubernetesObject {
  const namespaced = kindOf(object.apiVersion, object.kind)?.namespaced ?? !CLUSTER_WIDE.has(object.kind);
  if (!namespaced || object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } };
}
