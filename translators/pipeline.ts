/**
 * The map of the project: every collection, what it is made from, in the order in which a change runs through them. Left of the arrow
 * what is watched, right of it what goes out.
 *
 *   GatewayClass, Gateway -> ownedGateways -> listeners -> portGroups -> servingListeners -> envoyListeners, secrets, fleets
 *   HTTPRoute -> routeParents -> admissions -> attachments -> routeEntries -> virtualHosts -> routeConfigurations
 *                routeRules -> backendUses -> clusters -> (endpoints graph) loadAssignments
 *   all of them -> conditions
 */
import { admissions, attachedRouteCounts, attachedRoutes, attachments } from './gateway-api/route-attachment.ts';
import { backendUses, clusters, clusterUses, wantedAssignments } from './gateway-api/clusters.ts';
import { fleets } from './gateway-api/fleets.ts';
import { listenerCertificates } from './gateway-api/listener-certificates.ts';
import { listenerConflicts, portGroups } from './gateway-api/listener-conflicts.ts';
import { gatewayListeners } from './gateway-api/listeners.ts';
import { ownedClasses } from './gateway-api/owned-classes.ts';
import { gatewayKeys, ownedGateways } from './gateway-api/owned-gateways.ts';
import { ownedRoutes } from './gateway-api/owned-routes.ts';
import { envoyListeners, portListenerNodes } from './gateway-api/port-listeners.ts';
import { referenceGate } from './gateway-api/reference-grant.ts';
import { routeConfigurations, virtualHosts } from './gateway-api/route-configurations.ts';
import { routeEntries } from './gateway-api/route-entries.ts';
import { routeParents } from './gateway-api/route-parents.ts';
import { routeRules } from './gateway-api/route-rules.ts';
import { secrets } from './gateway-api/secrets.ts';
import { servingListeners } from './gateway-api/serving-listeners.ts';
import { Graph } from './graph/graph.ts';
import { createInputs } from './inputs.ts';
import type { Settings } from './settings.ts';
import { classStatuses } from './statuses/class-status.ts';
import { gatewayStatuses } from './statuses/gateway-status.ts';
import { routeStatuses } from './statuses/route-status.ts';

export type Pipeline = ReturnType<typeof createPipeline>;

/** Builds the main graph. Creation order is the order of a settle: a collection can only look at those above it. */
export function createPipeline(settings: Settings) {
  const graph = new Graph('main');
  const inputs = createInputs(graph);
  const mayRefer = referenceGate(graph, inputs.referenceGrants);

  // Gateways and what they listen on
  const classes = ownedClasses(graph, inputs, settings);
  const gateways = ownedGateways(graph, inputs, classes);
  const gatewayCounts = graph.count('gatewayCounts', inputs.gateways, (gateway) => [gateway.spec.gatewayClassName]);
  const listeners = gatewayListeners(graph, gateways);
  const certificates = listenerCertificates(graph, inputs, listeners, mayRefer);
  const ports = portGroups(graph, listeners);
  const conflicts = listenerConflicts(graph, ports);
  const serving = servingListeners(graph, ports, { conflicts, certificates }, settings);

  // Routes and where they attach
  const known = gatewayKeys(graph, gateways);
  const routes = ownedRoutes(graph, inputs.httpRoutes, known);
  const parents = routeParents(graph, routes, known, listeners);
  const admitted = admissions(graph, parents, listeners, inputs.namespaces);
  const attached = attachments(graph, parents, admitted);
  const perListener = attachedRoutes(graph, attached);
  const rules = routeRules(graph, routes, { services: inputs.services, mayRefer });

  // What the proxies get
  const entries = routeEntries(graph, perListener, { serving, rules, quarantine: inputs.quarantine });
  const hosts = virtualHosts(graph, entries, serving);
  const uses = backendUses(graph, perListener, serving, rules);
  const portNodes = portListenerNodes(graph, serving, settings);
  const resources = {
    secrets: secrets(graph, certificates, serving),
    clusters: clusters(graph, clusterUses(graph, uses)),
    listeners: envoyListeners(graph, portNodes),
    routeConfigurations: routeConfigurations(graph, hosts),
  };
  const wanted = wantedAssignments(graph, uses);
  const infra = fleets(graph, gateways, serving);

  // What people are told
  const listenerSources = { listeners, conflicts, certificates, serving, attachedRouteCounts: attachedRouteCounts(graph, perListener) };
  const routeSources = { parents, attachments: attached, rules, entries, faults: graph.faults };
  const statuses = {
    gatewayClasses: classStatuses(graph, classes),
    gateways: gatewayStatuses(graph, gateways, listenerSources, inputs.observations),
    httpRoutes: routeStatuses(graph, routes, routeSources, settings.controllerName),
  };

  return { graph, inputs, classes, gateways, gatewayCounts, certificates, serving, rules, entries, portNodes, resources, wanted, infra, statuses };
}
