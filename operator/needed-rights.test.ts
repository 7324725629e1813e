import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from '../crds/kinds.ts';
import { describeRight, neededRights } from './needed-rights.ts';
import { followedKinds } from './testing/followed-kinds.ts';

const FOLLOWED = await followedKinds();

const lines = (watched?: readonly string[]): readonly string[] =>
  neededRights({ followed: FOLLOWED, home: 'home', watched }).map(describeRight);

test('what is followed is read; what has a status of ours is patched there, and nowhere else', () => {
  const all = lines();
  for (const { kind, plural, group, hasStatus } of KINDS.filter(({ kind: name }) => FOLLOWED.some((each) => each.kind === name))) {
    const name = group === '' ? plural : `${plural}.${group}`;
    const status = group === '' ? `${plural}/status` : `${plural}/status.${group}`;
    for (const verb of ['get', 'list', 'watch']) expect(all).toContain(`${verb} ${name} in *`);
    expect([kind, all.includes(`patch ${status} in *`)]).toEqual([kind, hasStatus]);
    expect([kind, all.includes(`patch ${name} in *`)]).toEqual([kind, kind === 'GatewayClass']);
  }
});

test('Pods are read where XBackends may select some, and never written', () => {
  const ofPods = (all: readonly string[]): readonly string[] => all.filter((each) => / pods /.test(each));
  const inAll = ['get', 'list', 'watch'].map((verb) => `${verb} pods in *`);
  expect(ofPods(lines()).filter((each) => each.endsWith(' in *'))).toEqual(inAll);
  expect(ofPods(lines(['shop']))).toEqual(
    ['home', 'shop'].flatMap((where) => ['get', 'list', 'watch'].map((verb) => `${verb} pods in ${where}`)),
  );
});

test('Secrets are never written, and nothing outside of the own namespace is made or deleted', () => {
  const all = lines();
  expect(all.filter((each) => /^(create|patch|delete) secrets/.test(each))).toEqual([]);
  expect(all.filter((each) => /^(create|delete) .* in \*$/.test(each))).toEqual(['create events.events.k8s.io in *']);
});

test('proxies with their Gateways are made wherever Gateways are, and their tokens reviewed', () => {
  const where = (watched?: readonly string[]): readonly string[] =>
    neededRights({ followed: FOLLOWED, home: 'home', deploy: 'GatewayNamespace', watched })
      .map(describeRight)
      .filter((each) => /^create (deployments|tokenreviews)/.test(each));
  const reviews = 'create tokenreviews.authentication.k8s.io in *';
  expect(where()).toEqual(['create deployments.apps in *', reviews]);
  expect(where(['shop'])).toEqual(['create deployments.apps in home', 'create deployments.apps in shop', reviews]);
  expect(lines().filter((each) => each.includes('tokenreviews'))).toEqual([]);
});

test('of a few namespaces, only these are read', () => {
  const some = lines(['shop']);
  expect(some.filter((each) => each.startsWith('list httproutes'))).toEqual([
    'list httproutes.gateway.networking.k8s.io in home',
    'list httproutes.gateway.networking.k8s.io in shop',
  ]);
  expect(some.filter((each) => / namespaces /.test(each))).toEqual(['get namespaces home in home', 'get namespaces shop in shop']);
  expect(some.filter((each) => /events/.test(each) && each.startsWith('create'))).toEqual(
    ['home', 'shop', 'default'].map((where) => `create events.events.k8s.io in ${where}`),
  );
  const inCluster = some.filter((each) => each.endsWith(' in *')).map((each) => each.split(' ')[1]);
  expect([...new Set(inCluster)].sort()).toEqual([
    'clustertrustbundles.certificates.k8s.io',
    'customresourcedefinitions.apiextensions.k8s.io',
    'gatewayclasses.gateway.networking.k8s.io',
    'gatewayclasses/status.gateway.networking.k8s.io',
    'nodes',
  ]);
});

test('who talks to the API server: whoever joins them says in needed-rights.ts what for', () => {
  const talk = /\b(client|[wW]rites)\.(get|list|watch|create|patch|delete)\(|\bapplyObject\(client|\bnew Reflector\(/;
  const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !/\.test\.ts$|(^|\/)testing\//.test(file));
  const users = sources.filter((file) => talk.test(readFileSync(join(import.meta.dirname, file), 'utf8')));
  expect(users.sort()).toEqual([
    // Rights of their own: the chart's Roles for the hooks that install and uninstall.
    'certificates/certificate-secrets.ts',
    'certificates/injector-trust.ts',
    'cleanup.ts',
    'cluster/apply.ts',
    'cluster/events.ts',
    'cluster/leader-election.ts',
    'cluster/leadership.ts',
    'cluster/namespace-reader.ts',
    'cluster/reflector.ts',
    'cluster/watch-events.ts',
    'followed-kind.ts',
    'gateway-operator.ts',
    'infrastructure/kubernetes/fleet-writer.ts',
    'infrastructure/kubernetes/live-objects.ts',
    'infrastructure/kubernetes/proxy-nodes.ts',
    'infrastructure/kubernetes/replicas-handover.ts',
    // With the rights of whoever asks for a check, never in the operator.
    'migration/read-cluster.ts',
    'reconcilers/cloud-loader.ts',
    'reconcilers/content-loader.ts',
    // Of CustomResourceDefinitions, as gateway-operator.ts.
    'reconcilers/entry-list.ts',
    'reconcilers/pod-follower.ts',
    'statuses/writer.ts',
    'tokens/token-reviews.ts',
    'topology-injector/zone-of-binding.ts',
  ]);
});
