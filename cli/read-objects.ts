import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { isObject } from '../crds/json-schema.ts';
import { kindOf } from '../crds/kinds.ts';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { isManifest } from '../operator/standalone/file-watch.ts';
import { errorCode } from '../operator/standalone/system-error.ts';
import { YamlReader } from '../operator/standalone/yaml-documents.ts';

/** Objects as they stand in files, of whatever kind, unchecked. Throws an Error in words for people where a file cannot be read or is no YAML. */
export async function readObjects(paths: readonly string[], stdin: Readable): Promise<readonly KubernetesObject[]> {
  const lists = await Promise.all([...new Set(paths)].map((path) => objectsAt(path, stdin)));
  return lists.flat();
}

async function objectsAt(path: string, stdin: Readable): Promise<readonly KubernetesObject[]> {
  if (path === '-') return objectsIn('<stdin>', await textOf(stdin));
  const absolute = resolve(path);
  const isFolder = (
    await stat(absolute).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') throw new Error(`${path}: there is no such file or folder. Check the path.`);
      throw error;
    })
  ).isDirectory();
  const files = isFolder
    ? (await readdir(absolute))
        .filter(isManifest)
        .sort()
        .map((name) => join(absolute, name))
    : [absolute];
  const lists = await Promise.all(files.map(async (file) => objectsIn(file, await readFile(file, 'utf8'))));
  return lists.flat();
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

function objectsIn(name: string, text: string): readonly KubernetesObject[] {
  const { documents, problems } = new YamlReader().read(text);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`${name}:${problem.line}: not valid YAML: ${problem.message} Correct this line.`);
  return documents.flatMap(({ value, line }) =>
    itemsOf(value).map((item) => {
      if (!isKubernetesObject(item)) throw new Error(`${name}:${line}: no object: apiVersion, kind and metadata.name are needed.`);
      return placed(item);
    }),
  );
}

/** `kubectl get -o yaml` answers with a List. */
const itemsOf = (value: unknown): readonly unknown[] =>
  isObject(value) && value['kind'] === 'List' && Array.isArray(value['items']) ? value['items'] : [value];

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
