import fc from 'fast-check';
import { expandEntry } from '../../envoy/expand.ts';
import { join } from '../../envoy/framing.ts';
import { SECURE } from '../../testing/certificates.ts';
import type { Listener } from '../../testing/objects.ts';
import { gateway, gatewayClass, httpRoute, listener, listenerSet, tlsSecret } from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';
import { owningHosts } from '../hostname.ts';

const secrets = ['infra/cert'];

const ANY = listener({ name: 'any', secrets });
const WILD = listener({ name: 'wild', hostname: '*.example.com', secrets });
const EXACT = listener({ name: 'exact', hostname: 'a.example.com', secrets });
const ELSEWHERE = listener({ name: 'elsewhere', hostname: 'b.example.com', port: 8443, secrets });
const BROKEN = listener({ name: 'broken', hostname: 'c.example.com', secrets: ['infra/gone'] });

function served(...listeners: readonly Listener[]) {
  const pipelines = createPipelines();
  for (const object of [
    gatewayClass('gatehouse'),
    gateway('infra/gw', listeners, { sets: { from: 'All' } }),
    tlsSecret('infra/cert', SECURE.certificate, SECURE.key),
  ]) {
    pipelines.put(object);
  }
  pipelines.settle();
  return pipelines;
}

interface VirtualHosts {
  readonly virtualHosts: readonly {
    readonly name: string;
    readonly domains: readonly string[];
    readonly routes?: readonly { readonly directResponse?: { readonly status: number } }[];
  }[];
}

/** The domains that answer 421, by listener. */
function misdirected({ main }: ReturnType<typeof served>): Readonly<Record<string, readonly string[]>> {
  const all = [...main.resources.routeConfigurations.entries()].map(([, { resource }]) => expandEntry(join(resource.entry)));
  return Object.fromEntries(
    all.map(({ name, resource }) => {
      const { virtualHosts } = resource as unknown as VirtualHosts; // the JSON of a RouteConfiguration
      const answering = virtualHosts.filter(({ routes }) => routes?.[0]?.directResponse?.status === 421);
      return [name.replace('infra/gw/', ''), answering.flatMap(({ domains }) => domains)];
    }),
  );
}

test('the hosts of all other HTTPS listeners of the port answer 421, and those of another port are nobody', () => {
  expect(misdirected(served(ANY, WILD, EXACT, ELSEWHERE))).toEqual({
    any: ['*.example.com', 'a.example.com'],
    wild: ['*', 'a.example.com'],
    exact: ['*', '*.example.com'],
    elsewhere: [],
  });
});

test('hosts of TLS listeners of the port answer 421 too, passed through or not', () => {
  const passed = listener({ name: 'passed', hostname: 'p.example.com', port: 443, protocol: 'TLS', passthrough: true });
  const ended = listener({ name: 'ended', hostname: 't.example.com', port: 443, protocol: 'TLS', secrets });
  expect(misdirected(served(WILD, passed, ended))).toMatchObject({ wild: ['p.example.com', 't.example.com'] });
});

const setsOf = (hosts: readonly string[]) =>
  hosts.map((hostname, i) => listenerSet(`infra/set-${i}`, [listener({ name: 'a', hostname, secrets })]));
const numbered = (count: number, suffix: string): readonly string[] => Array.from({ length: count }, (_, i) => `a-${i}${suffix}`);

function withSets(listeners: readonly Listener[], hosts: readonly string[]) {
  const pipelines = served(...listeners);
  for (const set of setsOf(hosts)) pipelines.put(set);
  pipelines.settle();
  return pipelines;
}

describe('of more hosts than one Gateway can have listeners', () => {
  test('the neighbourhoods answer 421, so that a host of nobody elsewhere gets a 404', () => {
    expect(misdirected(withSets([WILD, EXACT], numbered(64, '.example.org')))).toMatchObject({
      wild: ['a.example.com', '*.example.org'],
      exact: ['*.example.com', '*.example.org'],
      'infra/set-7/a': ['*.example.com', '*.example.org'],
    });
  });

  test('one more in a neighbourhood changes no other listener, however many there are', () => {
    const pipelines = withSets([WILD, EXACT], numbered(70, '.example.org'));
    const runs = () => pipelines.main.graph.counters.get('misdirectedRequests')?.runs ?? 0;
    const before = runs();
    pipelines.put(listenerSet('infra/more', [listener({ name: 'a', hostname: 'more.example.org', secrets })]));
    pipelines.settle();
    expect(runs() - before).toBe(1);
  });

  test('where the neighbourhoods are too many as well, all but the own hosts answer 421', () => {
    expect(
      misdirected(
        withSets(
          [WILD, EXACT],
          numbered(64, '-example.org').map((parent) => `www.${parent}`),
        ),
      ),
    ).toMatchObject({
      wild: ['a.example.com', '*'],
      exact: ['*'],
      'infra/set-7/a': ['*'],
    });
  });

  test('the owner of a host serves it and everybody else sends it away', () => {
    const host = fc.constantFrom('a.b.c', '*.b.c', 'b.c', '*.c', 'localhost', 'x.a.b.c', '*.a.b.c', 'y.c', '*.d.e', 'z.d.e', '');
    fc.assert(
      fc.property(fc.uniqueArray(host, { minLength: 1 }), fc.constantFrom('.b.c', '.f', '.a.b.c'), (some, suffix) => {
        const hosts = [...some, ...numbered(65, suffix)];
        for (const [at, domains] of domainsOf(withSets([], hosts))) {
          for (const asked of ASKED) expect([asked, at, answerOf(domains, asked)]).toEqual([asked, at, expectedOf(asked, at, hosts)]);
        }
      }),
      { numRuns: 12 },
    );
  });
});

const ASKED = ['a.b.c', 'q.b.c', 'b.c', 'q.c', 'localhost', 'x.a.b.c', 'a-3.f', 'y.c', 'z.d.e', 'd.e', 'a-9.b.c', 'elsewhere.g'];

type Answer = 'own' | 'away' | 'nobody';

/** Envoy takes the most specific domain. */
const answerOf = (domains: ReadonlyMap<string, Answer>, asked: string): Answer =>
  owningHosts(asked)
    .map((each) => domains.get(each))
    .find((each) => each !== undefined) ?? 'nobody';

/** A host of nobody is sent away where one next to it is somebody's. */
function expectedOf(asked: string, at: string, hosts: readonly string[]): Answer {
  const owner = owningHosts(asked).find((each) => hosts.includes(each));
  if (owner !== undefined) return owner === at ? 'own' : 'away';
  const near = hosts.filter((each) => !each.startsWith('*')).map((each) => `*.${each.split('.').slice(1).join('.')}`);
  const isNear = owningHosts(asked).some((each) => near.includes(each));
  return isNear ? 'away' : 'nobody';
}

/** By the hostname of a listener: what it answers for each domain, '' standing for all. */
function domainsOf(pipelines: ReturnType<typeof served>): ReadonlyMap<string, ReadonlyMap<string, Answer>> {
  const hostnames = new Map([...pipelines.main.serving.entries()].map(([key, { hostname }]) => [key, hostname]));
  return new Map(
    Object.entries(misdirected(pipelines)).map(([name, domains]) => {
      const own = hostnames.get(`infra/gw/${name}`) ?? '';
      const away = domains.map((domain) => [domain === '*' ? '' : domain, 'away'] as const);
      expect(new Set(domains).size).toBe(domains.length);
      expect(domains).not.toContain(own === '' ? '*' : own);
      return [own, new Map<string, Answer>([...away, [own, 'own']])];
    }),
  );
}

test('the host of a listener that cannot serve is misdirected too, so that nobody serves it in its place', () => {
  expect(misdirected(served(WILD, BROKEN))).toEqual({ wild: ['c.example.com'] });
});

test('plain HTTP has no connections that are made for a host', () => {
  expect(misdirected(served(listener(), listener({ name: 'b', hostname: 'b.example.com' })))).toEqual({ http: [] });
});

test('routes change nothing of it', () => {
  const pipelines = served(WILD, EXACT);
  const before = pipelines.main.graph.counters.get('misdirectedRequests')?.runs;
  pipelines.put(httpRoute('infra/r', { hostnames: ['a.example.com', 'x.example.com'] }));
  pipelines.settle();
  expect(pipelines.main.graph.counters.get('misdirectedRequests')?.runs).toBe(before);
  expect(misdirected(pipelines)).toEqual({ wild: ['a.example.com'], exact: ['*.example.com'] });
});
