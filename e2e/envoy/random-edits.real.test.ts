import { setTimeout as sleep } from 'node:timers/promises';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { during } from '../harness/traffic.ts';

/** Services that stay; others come for one edit and go with the next. */
const PODS = ['a', 'b', 'c'] as const;
const ROUTES = ['r0', 'r1', 'r2', 'r3'] as const;
const PATHS = ['/', '/x', '/y/z'] as const;
const SEED = 20_261_123;
const EDITS = 200;

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends(...PODS);
  fleet = await startFleet({
    objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, ...PODS),
    // Short, so that removals fall into the traffic.
    limits: { minGraceMs: 100, maxGraceMs: 300 },
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

/** Numbers from 0 to `below` - 1; the same for a seed every time (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Edits of a world in which each route always has a rule for every path, and each rule a backend that answers. */
class World {
  readonly #roll: (below: number) => number;
  /** The Service that was made for a route alone. */
  readonly #own = new Map<string, string>();
  #count = 0;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  /** One change or several at once, and sometimes a breath. */
  async edit(): Promise<void> {
    const names: readonly string[] = ROUTES.filter(() => this.#roll(3) === 0);
    for (const name of names.length === 0 ? [this.#pick(ROUTES)] : names) this.editRoute(name);
    if (this.#roll(4) === 0) this.#moveEndpoint();
    if (this.#roll(2) === 0) await sleep(this.#roll(30));
  }

  editRoute(name: string): void {
    const before = this.#own.get(name);
    const backends: string[] = [this.#pick(PODS), this.#pick(PODS)];
    if (this.#roll(3) === 0) backends[0] = this.#newService(name);
    else this.#own.delete(name);
    fleet.put(this.#route(name, backends));
    if (before === undefined || before === this.#own.get(name)) return;
    fleet.drop('Service', `default/${before}`);
    fleet.drop('EndpointSlice', `default/${before}-1`);
  }

  #newService(route: string): string {
    this.#count += 1;
    const name = `own-${this.#count}`;
    this.#own.set(route, name);
    fleet.put(serviceYaml(name, this.#pick([undefined, 'kubernetes.io/h2c'])) + endpointYaml(name, backends.port(this.#pick(PODS))));
    return name;
  }

  /** Another pod behind a Service that stays. */
  #moveEndpoint(): void {
    const service = this.#pick(PODS);
    fleet.put(endpointYaml(service, backends.port(this.#pick(PODS))));
  }

  #route(name: string, [first = '', second = '']: readonly string[]): string {
    const rules = [
      `{ ${this.#filters()}backendRefs: [{ name: ${first}, port: 8080, weight: ${1 + this.#roll(9)} }, { name: ${second}, port: 8080, weight: ${this.#roll(3)} }] }`,
      ...(this.#roll(2) === 0
        ? [`{ matches: [{ path: { value: /x } }], ${this.#filters()}backendRefs: [{ name: ${second}, port: 8080 }] }`]
        : []),
      ...(this.#roll(2) === 0
        ? [`{ matches: [{ path: { type: RegularExpression, value: "/y/[a-z]+" } }], backendRefs: [{ name: ${first}, port: 8080 }] }`]
        : []),
      ...(this.#roll(3) === 0
        ? [`{ matches: [{ method: POST }], timeouts: { request: 5s }, backendRefs: [{ name: nobody, port: 1 }] }`]
        : []),
    ];
    if (this.#roll(2) === 0) rules.reverse();
    const more = this.#roll(2) === 0 ? `, "*.${name}.example.com"` : '';
    return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com${more}]
  rules: [${rules.join(', ')}]
`;
  }

  #filters(): string {
    const filters = [
      '{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: x-edit, value: "1" }] } }',
      '{ type: URLRewrite, urlRewrite: { hostname: rewritten.example.com } }',
      '{ type: RequestMirror, requestMirror: { backendRef: { name: a, port: 8080 } } }',
    ].filter(() => this.#roll(3) === 0);
    return filters.length === 0 ? '' : `filters: [${filters.join(', ')}], `;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#roll(from.length)] as T; // the dice stay below the length
  }
}

/** The control plane ends and begins anew after as many edits; one edit falls into the time between. */
const RESTART_EVERY = 80;

test(`${EDITS} random edits in a row (seed ${SEED}), the control plane restarted among them`, async () => {
  const world = new World(SEED);
  for (const name of ROUTES) world.editRoute(name);
  await fleet.synced();
  const targets = ROUTES.flatMap((name) => PATHS.map((path) => ({ host: `${name}.example.com`, path })));
  const { failures, requests } = await during({ port: fleet.port(80), targets }, async (flow) => {
    for (let i = 1; i <= EDITS; i += 1) {
      await world.edit();
      if (i % RESTART_EVERY === 0) await fleet.restart(() => world.edit());
      else if (i % 20 === 0) await fleet.synced();
    }
    await fleet.synced();
    await flow.more(100);
  });
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(EDITS);
  expect(fleet.log).toEqual([]);
  expect(await fleet.stat('cluster_manager.cluster_removed')).toBeGreaterThan(0);
}, 120_000);
