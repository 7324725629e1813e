import fc from 'fast-check';
import { complaints, gatewayWith, route, routeWith } from './testing/admission-of.ts';
import { mutatedObject } from './testing/mutated-object.ts';
import { SAMPLE_GATEWAYS, SAMPLE_LISTENER_SETS, SAMPLE_PROXIES, SAMPLE_ROUTES } from './testing/sample-objects.ts';
import { admit, adopt } from './validate.ts';

const SAMPLES = [...SAMPLE_ROUTES, ...SAMPLE_GATEWAYS, ...SAMPLE_LISTENER_SETS, ...SAMPLE_PROXIES];

describe('what is no object of ours', () => {
  test.each([
    [undefined, ': must be an object with apiVersion and kind'],
    ['text', ': must be an object with apiVersion and kind'],
    [[], ': must be an object with apiVersion and kind'],
    [{}, 'apiVersion: is missing'],
    [{ apiVersion: 1, kind: 'Gateway' }, 'apiVersion: is missing'],
    [{ apiVersion: 'v1' }, 'kind: is missing'],
    [
      { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HttpRoute' },
      'kind: unknown kind HttpRoute in gateway.networking.k8s.io/v1; did you mean HTTPRoute?',
    ],
    [
      { apiVersion: 'networking.k8s.io/v1', kind: 'Gateway' },
      'apiVersion: Gateway is served in gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1, not in networking.k8s.io/v1',
    ],
  ])('%j', (object, complaint) => {
    expect(complaints(object)).toEqual([complaint]);
  });

  test('an unknown kind that is near no other lists the known ones', () => {
    expect(complaints({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual([
      expect.stringMatching(/known: GatewayClass, Gateway, ListenerSet, HTTPRoute/),
    ]);
  });
});

describe('unknown fields', () => {
  test('are named with the field that was probably meant', () => {
    expect(complaints(route({ parentRef: [], rules: [{ backendref: [] }] }))).toEqual([
      'spec.parentRef: unknown field; did you mean spec.parentRefs?',
      'spec.rules[0].backendref: unknown field; did you mean spec.rules[0].backendRefs?',
    ]);
  });

  test('are told what is known where nothing is near', () => {
    expect(complaints(routeWith({ matches: [{ path: { glob: '/a' } }] }))).toEqual([
      'spec.rules[0].matches[0].path.glob: unknown field; known here: type, value',
    ]);
  });

  test('are dropped on demand, as the API server does', () => {
    const pruned = admit({ ...route({ bogus: 1, parentRefs: [{ name: 'eg', more: 2 }] }), extra: 3 }, { unknownFields: 'prune' });
    expect(pruned).toMatchObject({ ok: true });
    expect(JSON.stringify(pruned)).not.toMatch(/bogus|more|extra/);
  });

  test('of metadata are let through: they are the API server business', () => {
    expect(complaints({ ...routeWith({}), metadata: { name: 'r', managedFields: [], selfLink: 'x' } })).toEqual([]);
  });
});

describe('values', () => {
  test('a wrong type says what was expected and what is there', () => {
    expect(complaints(gatewayWith({ name: 'http', port: '80', protocol: 'HTTP' }))).toEqual([
      'spec.listeners[0].port: must be a whole number, not "80"',
    ]);
    expect(complaints(route({ hostnames: 'a.example.com' }))).toEqual(['spec.hostnames: must be a list, not "a.example.com"']);
    expect(complaints(route({ hostnames: [null] }))).toEqual(['spec.hostnames[0]: must be a string, not null']);
  });

  test('a missing field is named', () => {
    expect(complaints({ ...gatewayWith({ name: 'http', protocol: 'HTTP' }), metadata: {} })).toEqual([
      'metadata.name: is missing',
      'spec.listeners[0].port: is missing',
    ]);
  });

  test('a word that is not allowed comes with those that are', () => {
    expect(complaints(routeWith({ matches: [{ path: { type: 'Prefix', value: '/' } }] }))).toEqual([
      'spec.rules[0].matches[0].path.type: must be one of Exact, PathPrefix, RegularExpression, not "Prefix"',
    ]);
    expect(complaints(routeWith({ matches: [{ method: 'get' }] }))).toEqual([expect.stringMatching(/not "get"; did you mean GET\?$/)]);
  });

  test('patterns speak in words', () => {
    expect(complaints(route({ hostnames: ['www.Example.com:80'] }))).toEqual([
      'spec.hostnames[0]: must be a lower-case hostname such as www.example.com or *.example.com, without port or scheme, not "www.Example.com:80"',
    ]);
    expect(complaints(routeWith({ timeouts: { request: '1.5s' } }))).toEqual([
      'spec.rules[0].timeouts.request: must be a duration such as 500ms, 10s or 1h30m, not "1.5s"',
    ]);
  });

  test('limits say how much is allowed', () => {
    const long = complaints(route({ hostnames: Array.from({ length: 17 }, (_, i) => `h${i}.example.com`) }));
    expect(long).toEqual(['spec.hostnames: must have at most 16 items, not 17']);
    expect(complaints(gatewayWith())).toEqual(['spec.listeners: must have at least 1 item, not 0']);
    expect(complaints(gatewayWith({ name: 'a', port: 70_000, protocol: 'HTTP' }))).toEqual([
      'spec.listeners[0].port: must be at most 65535, not 70000',
    ]);
  });

  test('a pattern that would keep a backtracking engine busy for years is refused like any other', () => {
    const value = `${'a'.repeat(4000)}\u0007`;
    expect(complaints(routeWith({ matches: [{ headers: [{ name: 'x', value }] }] }))).toEqual([
      expect.stringMatching(/^spec\.rules\[0\]\.matches\[0\]\.headers\[0\]\.value: must be visible ASCII characters/),
    ]);
  });

  test('keys that are no plain words are quoted in paths', () => {
    const gateway = { ...gatewayWith({ name: 'a', port: 80, protocol: 'HTTP' }), metadata: { name: 'g', labels: { 'a.b/c': 1 } } };
    expect(complaints(gateway)).toEqual(['metadata.labels["a.b/c"]: must be a string, not 1']);
  });
});

describe('completion', () => {
  test('null counts as absent, and is then defaulted', () => {
    expect(admit(routeWith({ name: null, matches: null, backendRefs: null }))).toMatchObject({
      ok: true,
      value: { spec: { rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }] } },
    });
  });

  test('older versions come out in ours, objects without namespace in default', () => {
    expect(admit({ ...route({}), apiVersion: 'gateway.networking.k8s.io/v1beta1' })).toMatchObject({
      ok: true,
      value: { apiVersion: 'gateway.networking.k8s.io/v1', metadata: { name: 'r', namespace: 'default' } },
    });
    const gatewayClass = {
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'GatewayClass',
      metadata: { name: 'eg' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    };
    expect(admit(gatewayClass)).toMatchObject({ ok: true, value: { metadata: { name: 'eg' } } });
    expect(JSON.stringify(admit(gatewayClass))).not.toContain('namespace');
  });

  test('leaves its argument alone', () => {
    for (const sample of SAMPLES) {
      const before = structuredClone(sample);
      admit(sample);
      expect(sample).toEqual(before);
    }
  });

  test('adopting what a server stored fills in what its version of the kind did not know', () => {
    const stored = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's', namespace: 'a' },
      addressType: 'IPv4',
      endpoints: null,
      ports: null,
    };
    expect(adopt(stored)).toEqual({ ...stored, endpoints: [], ports: [] });
    expect(adopt({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } })).toBeUndefined();
  });
});

describe('whatever comes in', () => {
  test.each(SAMPLES)('the sample $kind is admitted', (sample) => {
    expect(complaints(sample)).toEqual([]);
  });

  test('admission never throws, and what it admits it admits again unchanged', () => {
    fc.assert(
      fc.property(mutatedObject<{ readonly spec: unknown }>(SAMPLES), (object) => {
        const first = admit(object);
        const pruned = admit(object, { unknownFields: 'prune' });
        if (first.ok) expect([admit(first.value), pruned]).toEqual([first, first]);
        else expect(first.errors.length).toBeGreaterThan(0);
      }),
    );
  });

  test('arbitrary JSON in the place of a spec is refused or admitted, never thrown at', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), fc.jsonValue(), (sample, spec) => {
        expect(typeof admit({ ...sample, spec }).ok).toBe('boolean');
        expect(typeof admit({ ...sample, metadata: spec }).ok).toBe('boolean');
      }),
    );
  });
});
