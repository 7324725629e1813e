import { envoyDomain } from '../translators/gateway-api/hostname.ts';
import type { RouteRule } from '../translators/gateway-api/routes/route-rule.ts';
import { splitRouteKey } from '../translators/ir/route-key.ts';
import { type RouteMatchNode, requestProtocol } from '../translators/ir/route-node.ts';
import type { Pipeline } from '../translators/pipeline.ts';

/** What is served where, for people. */
export interface ServedRoute {
  readonly fleet: string;
  readonly port: number;
  readonly bindPort: number;
  readonly protocol: string;
  /** `*`: every host. */
  readonly hostname: string;
  readonly route: string;
  readonly match: string;
  readonly backends: string;
}

/** Walks everything; for a screen or a dump, not for the way of a change. */
export const servedRoutes = (pipeline: Pipeline): readonly ServedRoute[] => [...requestRoutes(pipeline), ...streamRoutes(pipeline)];

/** What carries bytes has no matches. */
function streamRoutes({ streams, serving, rules }: Pipeline): readonly ServedRoute[] {
  return [...streams.winners.entries()].flatMap(([, { winner }]) => {
    const listener = serving.get(winner.listener);
    const rule = rules.get(`${winner.route}|0`);
    if (listener === undefined || rule === undefined) return [];
    const { fleet, port, bindPort, protocol } = listener;
    const where = { fleet, port, bindPort, protocol, hostname: envoyDomain(winner.host) };
    return [{ ...where, route: winner.route, match: '*', backends: backendsText(rule, 'closed') }];
  });
}

function requestRoutes({ entries, serving, rules }: Pipeline): readonly ServedRoute[] {
  const ports = new Map([...serving.entries()].map(([, listener]) => [`${listener.fleet}|${listener.routeConfiguration}`, listener]));
  return [...entries.entries()].flatMap(([, entry]) => {
    const listener = ports.get(`${entry.fleet}|${entry.routeConfiguration}`);
    const rule = rules.get(`${entry.route}|${entry.precedence.rule}`);
    if (listener === undefined || rule === undefined) return [];
    const { fleet, port, bindPort, protocol } = listener;
    const where = { fleet, port, bindPort, protocol, hostname: envoyDomain(entry.host) };
    const refused = requestProtocol(splitRouteKey(entry.route).kind) === 'grpc' ? 'UNAVAILABLE' : '500';
    return [{ ...where, route: entry.route, match: matchText(entry.precedence.match), backends: backendsText(rule, refused) }];
  });
}

function matchText({ path, method, headers, queryParams }: RouteMatchNode): string {
  const sign = { Exact: '=', PathPrefix: '', RegularExpression: '~' } as const;
  const wildcard = path.type === 'PathPrefix' ? '*' : '';
  const values = [...headers.map(({ name, value }) => `${name}: ${value}`), ...queryParams.map(({ name, value }) => `?${name}=${value}`)];
  return [method ?? '', `${sign[path.type]}${path.value}${wildcard}`, ...values].filter((part) => part !== '').join(' ');
}

/** @param refused what becomes of what has no backend */
function backendsText({ backends, features }: RouteRule, refused: string): string {
  const shares = backends.map((share) => {
    const name = share.kind === 'Cluster' ? share.cluster.replace(/^service\//, '') : `${refused} (invalid backend)`;
    return share.weight === 1 ? name : `${name} (${share.weight})`;
  });
  if (shares.length > 0) return shares.join(', ');
  return features.length > 0
    ? features.map(({ feature }) => feature.slice(feature.indexOf('/') + 1)).join(', ')
    : `${refused} (no backend)`;
}
