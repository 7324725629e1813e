/** Listeners of random worlds: every protocol, some that clash, some that ask services. */
import fc from 'fast-check';
import { type Listener, listener } from './objects.ts';
import { streamListeners } from './random-streams.ts';

const admitted = fc.constantFrom<Listener['allowedRoutes']['namespaces']>(
  { from: 'All' },
  { from: 'All' },
  { from: 'Same' },
  { from: 'Selector', selector: { matchLabels: { tier: 'front' } } },
);
const certificates = fc.uniqueArray(fc.constantFrom('infra/cert', 'team/cert', 'infra/gone'), { minLength: 1, maxLength: 2 });
/** The same Secret may be named twice. */
const secretNames = fc.oneof(
  certificates,
  certificates.map(([first = 'infra/cert']) => [first, first]),
);

/** Services that a listener asks: one that is there, one of another namespace, one that is not there, more than can be asked. */
const asks = fc.constantFrom(['infra/s'], ['team/s'], ['infra/s', 'infra/gone'], ['infra/s', 'team/s', 'infra/s']);

export const listeners: fc.Arbitrary<readonly Listener[]> = fc
  .subarray(
    [
      admitted.map((namespaces) => listener({ namespaces })),
      admitted.map((namespaces) => listener({ name: 'wild', hostname: '*.example.com', namespaces })),
      admitted.map((namespaces) => listener({ name: 'exact', hostname: 'a.example.com', namespaces })),
      asks.map((services) => listener({ name: 'asking', hostname: '*.b.example.com', asks: services })),
      admitted.map((namespaces) => listener({ name: 'second', port: 8080, namespaces })),
      ...streamListeners(admitted, secretNames),
      fc.constant(listener({ name: 'clash', port: 443, hostname: 'a.example.com' })),
      secretNames.map((secrets) => listener({ name: 'secure', secrets })),
      fc
        .tuple(secretNames, asks)
        .map(([secrets, services]) => listener({ name: 'secure-b', hostname: 'b.example.com', secrets, asks: services })),
    ],
    { minLength: 1 },
  )
  .chain((some) => fc.tuple(...some))
  .chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));
