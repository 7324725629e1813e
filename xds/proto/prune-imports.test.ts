import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_envoy_config_core_v3_base } from './gen/envoy/config/core/v3/base_pb.ts';
import { file_envoy_config_trace_v3_trace } from './gen/envoy/config/trace/v3/trace_pb.ts';
import { pruneImports } from './prune-imports.ts';

const whole = gunzipSync(readFileSync(join(import.meta.dirname, 'envoy.binpb.gz')));
const pruned = fromBinary(FileDescriptorSetSchema, pruneImports(whole));

test('files import what their fields, methods and extensions name, and nothing else; that is enough for all types', () => {
  const files = fromBinary(FileDescriptorSetSchema, whole).file;
  const imports = (of: typeof files): number => of.reduce((sum, { dependency }) => sum + dependency.length, 0);
  expect(imports(pruned.file)).toBeLessThan(imports(files) / 2);
  const [before, after] = [createFileRegistry(fromBinary(FileDescriptorSetSchema, whole)), createFileRegistry(pruned)];
  expect([...after].map(({ typeName }) => typeName).sort()).toEqual([...before].map(({ typeName }) => typeName).sort());
});

test('what is imported publicly stays, since others have it from there', () => {
  const trace = pruned.file.find(({ name }) => name === 'envoy/config/trace/v3/trace.proto');
  expect(trace?.publicDependency.map((index) => trace.dependency[index])).toContain('envoy/config/trace/v3/zipkin.proto');
  expect(file_envoy_config_trace_v3_trace.dependencies.map(({ name }) => name)).toContain('envoy/config/trace/v3/zipkin');
});

test('a loaded file does not know what is behind those that it imports', () => {
  const { dependencies } = file_envoy_config_core_v3_base;
  expect(dependencies.map(({ name }) => name)).toContain('envoy/config/core/v3/address');
  expect(dependencies.filter(({ dependencies: more }) => more.length > 0)).toEqual([]);
});
