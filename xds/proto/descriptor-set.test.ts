import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromBinary, getExtension, hasExtension } from '@bufbuild/protobuf';
import { type DescriptorProto, type FieldDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { rules } from './gen/validate/validate_pb.ts';

describe('the committed descriptor set', () => {
  const { file } = fromBinary(FileDescriptorSetSchema, gunzipSync(readFileSync(join(import.meta.dirname, 'envoy.binpb.gz'))));
  const fieldsOf = (message: DescriptorProto): FieldDescriptorProto[] => [...message.field, ...message.nestedType.flatMap(fieldsOf)];
  const fields = file.flatMap(({ messageType }) => messageType.flatMap(fieldsOf));

  test('lists every file behind the files it imports', () => {
    const seen = new Set<string>();
    for (const { name, dependency } of file) {
      expect(dependency.filter((imported) => !seen.has(imported))).toEqual([]);
      seen.add(name);
    }
  });

  test('keeps the validation rules of fields', () => {
    const ruled = fields.filter(({ options }) => options !== undefined && hasExtension(options, rules));
    expect(ruled.length).toBeGreaterThan(1_600);
    const portValue = ruled.find(({ name, options }) => name === 'port_value' && options !== undefined);
    if (portValue?.options === undefined) throw new Error('no field port_value has rules');
    expect(getExtension(portValue.options, rules).type).toMatchObject({ case: 'uint32', value: { lte: 65_535 } });
  });

  test('carries no source info, which would only make it larger', () => {
    expect(file.filter(({ sourceCodeInfo }) => sourceCodeInfo !== undefined)).toEqual([]);
  });
});
