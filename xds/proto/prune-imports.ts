import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/**
 * Takes the imports out of an encoded FileDescriptorSet that bring no type of a field, method or extension to the file that has them: annotations above
 * all, which each of the 700 files of the Envoy API imports several of. Options stay, and are read by whoever imports their definition. protobuf-es registers for each
 * file, on its load, all that is reached by its imports, once for each way there; without these it is a fraction.
 */
export function pruneImports(descriptorSet: Uint8Array): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSet);
  const provided = new Map<string, ReadonlySet<string>>();
  // Each file comes behind those that it imports.
  for (const file of set.file) {
    const handedOn = file.publicDependency.flatMap((index) => [...(provided.get(file.dependency[index] ?? '') ?? [])]);
    provided.set(file.name, new Set([...typesOf(file), ...handedOn]));
  }
  for (const file of set.file) prune(file, provided);
  return toBinary(FileDescriptorSetSchema, set);
}

function prune(file: FileDescriptorProto, provided: ReadonlyMap<string, ReadonlySet<string>>): void {
  const used = new Set(referencesOf(file));
  const handedOn = new Set(file.publicDependency.map((index) => file.dependency[index]));
  const kept = file.dependency.filter((name) => handedOn.has(name) || [...(provided.get(name) ?? [])].some((type) => used.has(type)));
  file.publicDependency = kept.flatMap((name, index) => (handedOn.has(name) ? [index] : []));
  file.weakDependency = [];
  file.dependency = kept;
}

/** Full names with the dot in front, as fields refer to them. */
function typesOf({ package: name, messageType, enumType }: FileDescriptorProto): readonly string[] {
  const scope = name === '' ? '' : `.${name}`;
  return [...messageType.flatMap((message) => typesIn(message, scope)), ...enumType.map((each) => `${scope}.${each.name}`)];
}

function typesIn({ name, nestedType, enumType }: DescriptorProto, scope: string): readonly string[] {
  const full = `${scope}.${name}`;
  return [full, ...nestedType.flatMap((nested) => typesIn(nested, full)), ...enumType.map((each) => `${full}.${each.name}`)];
}

function referencesOf({ messageType, extension, service }: FileDescriptorProto): readonly string[] {
  const ofMethods = service.flatMap(({ method }) => method.flatMap(({ inputType, outputType }) => [inputType, outputType]));
  return [...messageType.flatMap(referencesIn), ...extension.flatMap(({ typeName, extendee }) => [typeName, extendee]), ...ofMethods];
}

function referencesIn({ field, extension, nestedType }: DescriptorProto): readonly string[] {
  return [...[...field, ...extension].flatMap(({ typeName, extendee }) => [typeName, extendee]), ...nestedType.flatMap(referencesIn)];
}
