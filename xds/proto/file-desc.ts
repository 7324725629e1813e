import type { DescFile } from '@bufbuild/protobuf';
import { fileDesc as fileDescOf } from '@bufbuild/protobuf/codegenv2';

const surfaces = new WeakMap<DescFile, DescFile>();

/**
 * `fileDesc` of protobuf-es for the generated code, which offers a file only what it may name: the types of what it imports, and of what that imports publicly. On its own it
 * walks all that is reached by imports, each file as often as there are ways to it: the better part of the time in which the Envoy API is loaded.
 */
export const fileDesc = (base64: string, imports?: DescFile[]): DescFile => fileDescOf(base64, imports?.map(surface));

function surface(file: DescFile): DescFile {
  const known = surfaces.get(file);
  if (known !== undefined) return known;
  const handedOn = file.proto.publicDependency.map((index) => file.proto.dependency[index]);
  const dependencies = file.dependencies.filter(({ name }) => handedOn.includes(`${name}.proto`)).map(surface);
  const made = { ...file, dependencies };
  surfaces.set(file, made);
  return made;
}
