/**
 * The map of the project: every collection, what it is made from, in the order in which a change runs through them. Left of the arrow
 * what is watched, right of it what goes out.
 *
 *   EnvoyProxy -> proxyVerdicts
 *   Node -> clusterClouds -> ownedGateways
 *   GatewayClass, Gateway, proxyVerdicts -> ownedGateways, ListenerSet -> listeners -> hostOwners -> servingListeners -> portGroups -> envoyListeners, secrets, fleets
 *   routes of every kind -> routeParents -> admissions -> attachments - kindConflicts -> routeEntries -> virtualHosts -> routeConfigurations
 *                                             (those that carry bytes) -> streamClaims -> streamFilters; streamChains -> envoyListeners
 *                routeRules -> backendUses -> clusters -> (endpoints graph) loadAssignments
 *   BackendTLSPolicy -> tlsVerdicts, tlsTargetWinners -> routeRules, secrets
 *   XBackend -> externalVerdicts -> routeRules, secrets; podSelectors -> (endpoints graph)
 *   XBackendTrafficPolicy -> trafficClaims -> trafficWinners -> routeRules
 *   XTelemetryPolicy -> telemetryClaims -> telemetryWinners -> gatewayTelemetry -> portListenerNodes, clusters
 *   all of them -> conditions
 */

import { clusterClouds } from './gateway-api/addresses/cluster-cloud.ts';
import { backendTlsPolicies } from './gateway-api/backends/backend-tls.ts';
import { backendUses, clusters, clusterUses, wantedAssignments } from './gateway-api/backends/clusters.ts';
import { externalBackends } from './gateway-api/backends/external-backends.ts';
import { type Asking, serviceReach } from './gateway-api/backends/service-reach.ts';
import { trafficPolicies } from './gateway-api/backends/traffic-policy.ts';
import { fleetIdentities, fleetProofs } from './gateway-api/certificates/fleet-identity.ts';
import { type Authority, secrets } from './gateway-api/certificates/secrets.ts';
import { fleets } from './gateway-api/fleets.ts';
import { installedVersions } from './gateway-api/gateway-api-definitions.ts';
import { clientValidations } from './gateway-api/listeners/client-validation.ts';
import { type HostOwner, hostOwners, listenersByHost } from './gateway-api/listeners/host-ownership.ts';
import { listenerCertificates } from './gateway-api/listeners/listener-certificates.ts';
import { listenerConflicts } from './gateway-api/listeners/listener-conflicts.ts';
import { listenerFilters, listenerFilterUses } from './gateway-api/listeners/listener-filters.ts';
import { ownedListenerSets, setListeners, setParents } from './gateway-api/listeners/listener-sets.ts';
import { gatewayListeners } from './gateway-api/listeners/listeners.ts';
import { misdirectedRequests } from './gateway-api/listeners/misdirected-requests.ts';
import { overlappingTls } from './gateway-api/listeners/overlapping-tls.ts';
import { envoyListeners, portListenerNodes } from './gateway-api/listeners/port-listeners.ts';
import { servingListeners } from './gateway-api/listeners/serving-listeners.ts';
import { ownedClasses } from './gateway-api/owned-classes.ts';
import { ownedGateways } from './gateway-api/owned-gateways.ts';
import { fellowAssignments } from './gateway-api/proxy/fellows.ts';
import { fleetListening, loggedFleets } from './gateway-api/proxy/fleet-listening.ts';
import { proxyVerdicts } from './gateway-api/proxy/proxy-verdicts.ts';
import { readyListeners } from './gateway-api/proxy/ready-listeners.ts';
import { type MayRefer, referenceGate } from './gateway-api/reference-grant.ts';
import { kindConflicts, withoutConflicts } from './gateway-api/routes/kind-conflicts.ts';
import { knownParents } from './gateway-api/routes/known-parents.ts';
import { ownedRoutes } from './gateway-api/routes/owned-routes.ts';
import { admissions, attachedRouteCounts, attachedRoutes, attachments } from './gateway-api/routes/route-attachment.ts';
import { routeConfigurations, virtualHosts } from './gateway-api/routes/route-configurations.ts';
import { routeEntries } from './gateway-api/routes/route-entries.ts';
import { routeParents } from './gateway-api/routes/route-parents.ts';
import { routeRules, rulesByRoute } from './gateway-api/routes/route-rules.ts';
import { streamChains } from './gateway-api/streams/stream-chains.ts';
import { lostClaims, streamClaims, streamWinners, wonHosts } from './gateway-api/streams/stream-claims.ts';
import { extensionConfigs, streamFilters } from './gateway-api/streams/stream-filters.ts';
import { telemetryPolicies, telemetryUses } from './gateway-api/telemetry/telemetry-policies.ts';
import type { Index } from './graph/collection.ts';
import { Graph } from './graph/graph.ts';
import { createInputs, type Inputs } from './inputs.ts';
import type { Settings } from './settings.ts';
import { backendTlsPolicyStatuses } from './statuses/backend-tls-policy-status.ts';
import { classStatuses } from './statuses/class-status.ts';
import { fleetDeliveries } from './statuses/delivery.ts';
import { gatewayStatuses } from './statuses/gateway-status.ts';
import { attachedSetCounts, listenerSetStatuses } from './statuses/listener-set-status.ts';
import { judgedListeners } from './statuses/listener-status.ts';
import { proxyStatuses } from './statuses/proxy-status.ts';
import { routeStatuses, type ServedPart } from './statuses/route-status.ts';
import { telemetryPolicyStatuses } from './statuses/telemetry-policy-status.ts';
import { trafficPolicyStatuses } from './statuses/traffic-policy-status.ts';
import { xBackendStatuses } from './statuses/x-backend-status.ts';

export type Pipeline = ReturnType<typeof createPipeline>;

/** When something has to be looked at again, in milliseconds since the epoch. */
export interface Expiry {
  readonly wakeAt: number | undefined;
}

/** What every part of the map works with. */
interface Ground {
  readonly graph: Graph;
  readonly inputs: Inputs;
  readonly settings: Settings;
  readonly mayRefer: MayRefer;
}

/** Builds the main graph. Creation order is the order of a settle: a collection can only look at those above it. */
export function createPipeline(settings: Settings) {
  const graph = new Graph('main');
  const inputs = createInputs(graph);
  const ground = { graph, inputs, settings, mayRefer: referenceGate(graph, inputs.referenceGrants) };
  const gatewaySide = gatewaysAndListeners(ground);
  const routeSide = routesAndParents(ground, gatewaySide);
  const proxySide = proxyConfiguration(ground, gatewaySide, routeSide);
  const statuses = conditions(ground, gatewaySide, { ...routeSide, ...proxySide });
  const { classes, gateways, gatewayCounts, identities, serving } = gatewaySide;
  const expiries = graph.join<Expiry>('expiries', gatewaySide.certificates, identities, routeSide.external.verdicts);
  return { graph, inputs, classes, gateways, gatewayCounts, expiries, serving, rules: routeSide.rules, ...proxySide, statuses };
}

/** Gateways and what they listen on. */
function gatewaysAndListeners({ graph, inputs, settings, mayRefer }: Ground) {
  const verdicts = proxyVerdicts(graph, inputs, settings);
  const classes = ownedClasses(graph, inputs, verdicts, settings);
  const clouds = clusterClouds(graph, inputs.nodes);
  const gateways = ownedGateways(graph, { inputs, classes, verdicts, clouds }, settings);
  const listening = fleetListening(graph, gateways, settings);
  const gatewayCounts = graph.count('gatewayCounts', inputs.gateways, (gateway) => [gateway.spec.gatewayClassName]);
  const sets = ownedListenerSets(graph, inputs.listenerSets, setParents(graph, gateways), inputs);
  const listeners = graph.join('listeners', gatewayListeners(graph, gateways), setListeners(graph, sets));
  const certificates = listenerCertificates(graph, { inputs, mayRefer }, listeners);
  const identities = fleetIdentities(graph, { inputs, mayRefer }, gateways);
  const validations = clientValidations(graph, { inputs, mayRefer }, listeners);
  const conflicts = listenerConflicts(graph, listeners);
  const owners = hostOwners(graph, listeners, conflicts);
  const serving = servingListeners(graph, listeners, { owners, certificates, validations, listening }, settings);
  return {
    verdicts,
    classes,
    gateways,
    listening,
    gatewayCounts,
    sets,
    listeners,
    certificates,
    validations,
    identities,
    conflicts,
    owners,
    serving,
  };
}

type GatewaySide = ReturnType<typeof gatewaysAndListeners>;

/** Routes and where they attach. */
function routesAndParents({ graph, inputs, settings, mayRefer }: Ground, { gateways, sets, listeners, serving }: GatewaySide) {
  const known = knownParents(graph, gateways, sets);
  const routes = ownedRoutes(graph, inputs.routes, known);
  const parents = routeParents(graph, routes, known, listeners);
  const admitted = admissions(graph, parents, listeners, inputs);
  const attached = attachments(graph, parents, admitted);
  const everywhere = attachedRoutes(graph, attached);
  const conflicts = kindConflicts(graph, everywhere);
  const perListener = withoutConflicts(graph, everywhere, conflicts);
  const tls = backendTlsPolicies(graph, inputs.backendTlsPolicies, { inputs, mayRefer, systemCaFile: settings.systemCaFile });
  const external = externalBackends(graph, inputs.xBackends, { inputs, mayRefer, systemCaFile: settings.systemCaFile, settings });
  const traffic = trafficPolicies(graph, inputs.trafficPolicies);
  const { services, serviceImports, unreadable } = inputs;
  const backends = { services, serviceImports, unreadable, mayRefer, backendTls: tls.find, traffic: traffic.find, external: external.find };
  const rules = routeRules(graph, routes, backends);
  const filters = listenerFilters(graph, listeners, backends);
  const ofRoute = rulesByRoute(graph, rules);
  const telemetry = telemetryPolicies(graph, { policies: inputs.telemetryPolicies, gateways, backends, serving });
  const asking = graph.join<Asking>('asking', filters, telemetry.gateways);
  const reach = serviceReach(graph, perListener, listeners, { rules: ofRoute, asking });
  return { routes, parents, attached, conflicts, perListener, rules, ofRoute, filters, tls, external, traffic, telemetry, reach };
}

type RouteSide = ReturnType<typeof routesAndParents>;

/** What the proxies get. */
function proxyConfiguration(ground: Ground, gatewaySide: GatewaySide, routeSide: RouteSide) {
  const { graph, inputs, settings } = ground;
  const { perListener, ofRoute, filters, tls, external, telemetry } = routeSide;
  const { gateways, listening, certificates, validations, identities, owners, serving } = gatewaySide;
  const byHost = listenersByHost(graph, owners);
  const entries = routeEntries(graph, perListener, { serving, byHost, rules: ofRoute, quarantine: inputs.quarantine });
  const hosts = graph.join('hosts', virtualHosts(graph, entries, serving, filters), misdirectedRequests(graph, { owners, serving }));
  const streams = streamsOf(ground, gatewaySide, routeSide, byHost);
  const uses = graph.join(
    'uses',
    backendUses(graph, perListener, serving, ofRoute),
    listenerFilterUses(graph, filters, serving),
    telemetryUses(graph, telemetry),
  );
  const perCluster = clusterUses(graph, uses);
  const portNodes = portListenerNodes(graph, serving, { listening, telemetry: telemetry.gateways }, settings);
  const infra = fleets(graph, gateways, serving, settings);
  const authorities = graph.join<Authority>('authorities', tls.verdicts, external.verdicts);
  const resources = {
    secrets: secrets(graph, { certificates, validations, serving, clusters: perCluster, authorities, identities }),
    clusters: clusters(graph, perCluster, fleetProofs(graph, identities)),
    listeners: envoyListeners(graph, portNodes, streams),
    extensionConfigs: extensionConfigs(graph, streams.filters),
    readyListeners: readyListeners(graph, infra, listening, settings),
    routeConfigurations: routeConfigurations(graph, hosts),
  };
  const wanted = graph.join('wanted', wantedAssignments(graph, uses, external.selectors), fellowAssignments(graph, infra, settings));
  return { entries, streams, portNodes, resources, wanted, infra };
}

/** Routes that carry bytes: which of them has which host of a port, and where it sends what comes. */
function streamsOf(
  { graph, inputs }: Ground,
  { owners, serving, listening }: GatewaySide,
  { perListener, ofRoute: rules }: RouteSide,
  byHost: Index<HostOwner>,
) {
  const claims = streamClaims(graph, perListener, { serving, byHost, rules });
  const winners = streamWinners(graph, claims);
  const won = wonHosts(graph, winners);
  const filters = streamFilters(graph, won, { serving, logged: loggedFleets(graph, listening), rules, quarantine: inputs.quarantine });
  return { winners, filters, chains: streamChains(graph, won, { owners, serving, winners }), lost: lostClaims(graph, claims, winners) };
}

/** What people are told. */
function conditions(
  ground: Ground,
  gatewaySide: GatewaySide,
  routeSide: RouteSide & Pick<ReturnType<typeof proxyConfiguration>, 'entries' | 'streams'>,
) {
  const { graph, inputs, settings } = ground;
  const { routes, parents, attached, conflicts, perListener, ofRoute, filters, entries, streams } = routeSide;
  const { sets, gateways } = gatewaySide;
  const deliveries = fleetDeliveries(graph, inputs.observations);
  const judged = judgedListeners(graph, {
    ...gatewaySide,
    filters,
    deliveries,
    overlaps: overlappingTls(graph, gatewaySide),
    attachedRouteCounts: attachedRouteCounts(graph, perListener, ofRoute),
  });
  const listenerSets = listenerSetStatuses(graph, { sets, judged, deliveries });
  const gatewaySources = {
    judged,
    deliveries,
    identities: gatewaySide.identities,
    observations: inputs.observations,
    attachedSets: attachedSetCounts(graph, sets, listenerSets),
  };
  // Keys of filters begin with a listener, those of entries with a kind.
  const served = graph.join<ServedPart>('servedParts', entries, streams.filters);
  const routeSources = {
    parents,
    attachments: attached,
    conflicts,
    rules: ofRoute,
    served,
    lost: streams.lost,
    faults: graph.faults,
    unreadable: inputs.unreadable,
  };
  return {
    ...policyConditions(ground, gateways, routeSide),
    envoyProxies: proxyStatuses(graph, gatewaySide),
    gatewayClasses: classStatuses(
      graph,
      { classes: gatewaySide.classes, installed: installedVersions(graph, inputs.definitions) },
      settings,
    ),
    gateways: gatewayStatuses(graph, gateways, gatewaySources),
    listenerSets,
    routes: routeStatuses(graph, routes, routeSources, settings.controllerName),
  };
}

/** What the owners of policies and of XBackends are told. */
function policyConditions(
  { graph, inputs, settings: { controllerName } }: Ground,
  gateways: GatewaySide['gateways'],
  { tls, external, traffic, telemetry, reach }: RouteSide,
) {
  const tlsSources = { policies: inputs.backendTlsPolicies, backends: inputs, tls, reach };
  const telemetrySources = { policies: inputs.telemetryPolicies, telemetry, gateways };
  const trafficSources = { policies: inputs.trafficPolicies, backends: inputs, traffic, reach };
  return {
    backendTlsPolicies: backendTlsPolicyStatuses(graph, tlsSources, controllerName),
    telemetryPolicies: telemetryPolicyStatuses(graph, telemetrySources, controllerName),
    trafficPolicies: trafficPolicyStatuses(graph, trafficSources, controllerName),
    xBackends: xBackendStatuses(graph, { backends: inputs.xBackends, verdicts: external.verdicts, reach }, controllerName),
  };
}
