/** The backends that routes name, read naively. */
import type { HTTPRouteFilter } from '../../crds/gateway-api/http-route-filter.ts';
import type { Route } from '../../crds/gateway-api/route.ts';

/** Whom filters ask or mirror to. */
export const askedBy = (filters: readonly HTTPRouteFilter[] = []) =>
  filters.flatMap((filter) => filter.requestMirror?.backendRef ?? filter.externalAuth?.backendRef ?? []);

interface ServiceRef {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Backends of its rules and of their filters, `<kind in small letters>/<ns>/<name>`. */
export const servicesOf = (route: Route): readonly string[] =>
  (route.spec.rules ?? [])
    .flatMap((rule): readonly ServiceRef[] => [...(rule.backendRefs ?? []), ...('filters' in rule ? askedBy(rule.filters) : [])])
    .map((ref) => `${(ref.kind ?? 'Service').toLowerCase()}/${ref.namespace ?? route.metadata.namespace}/${ref.name}`);

export const refersToService =
  (key: string) =>
  (route: Route): boolean =>
    servicesOf(route).includes(key);
