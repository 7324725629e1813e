import { fromBinary } from '@bufbuild/protobuf';
import { DeltaDiscoveryResponseSchema } from './proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { DeltaClient } from './testing/delta-client.ts';
import { sample, set } from './testing/sample-resources.ts';
import { startTestServer } from './testing/test-server.ts';

const SIZE = 3_000_000;
/** Content that shows where it was cut, mixed up or freed: each four bytes say which push they are of, and where. */
const content = (push: number): Uint8Array => {
  const words = new Uint32Array(SIZE / 4);
  for (let i = 0; i < words.length; i += 1) words[i] = push * 1_000_003 + i;
  return new Uint8Array(words.buffer);
};

test('large frames arrive whole at a reader that stops and goes, while the memory of those before is freed', async () => {
  const test = await startTestServer({ limits: { maxInFlight: 1_000 } });
  const arrived: Uint8Array[] = [];
  const proxy = new DeltaClient(test.target, { id: 'slow' }, { onBytes: (bytes) => arrived.push(bytes) });
  try {
    test.cache.update('fleet', []);
    proxy.ask('listener');
    for (const response of await proxy.take()) proxy.ack(response);
    for (let push = 0; push < 30; push += 1) {
      if (push % 3 === 0) proxy.pause();
      test.cache.update('fleet', set(sample('listener', `l${push}`, { version: String(push), bytes: content(push) })));
      if (push % 3 === 2) {
        // What is written meanwhile waits in the server, the socket and the client; then it goes on.
        await new Promise((resolve) => setTimeout(resolve, 20));
        proxy.resume();
        await proxy.settle();
      }
    }
    const resources = arrived.flatMap((bytes) => fromBinary(DeltaDiscoveryResponseSchema, bytes).resources);
    expect(resources).toHaveLength(30);
    for (const { version, resource } of resources)
      expect(Buffer.compare(resource?.value ?? Buffer.alloc(0), content(Number(version)))).toBe(0);
  } finally {
    proxy.close();
    await test.close();
  }
});
