import type { FrontendTLS, GatewaySpec } from '../../../crds/gateway-api/gateway.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { TrustedCaNode } from '../../ir/listener-node.ts';
import { splitKey } from '../../ir/object-key.ts';
import type { Problem } from '../../ir/problem.ts';
import { type CaSources, type RefRefusal, resolveAuthorities } from '../certificates/ca-certificate-ref.ts';
import type { GatewayListener } from './listeners.ts';

/** Certificates that clients of a listener have to show (GEP-91), as its Gateway asks for them. */
export interface ClientTls {
  readonly validation: NonNullable<FrontendTLS['validation']>;
  /** Where the Gateway says it: `default`, or a port. */
  readonly scope: string;
}

/** What holds for a port: its own configuration takes the place of the default one, also where it asks for nothing. */
export function clientTlsOf(tls: GatewaySpec['tls'], port: number): ClientTls | undefined {
  const own = tls?.frontend?.perPort?.find((each) => each.port === port)?.tls;
  const { validation } = own ?? tls?.frontend?.default ?? {};
  return validation && { validation, scope: own === undefined ? 'default' : String(port) };
}

/** What ClientTls comes to. */
export interface ClientValidation {
  readonly listener: string;
  readonly fleet: string;
  /** Undefined: nobody could prove anything, and the listener lets nobody in. */
  readonly trustedCa: TrustedCaNode | undefined;
  /** Who has no valid certificate is let in all the same. */
  readonly isOptional: boolean;
  readonly problems: readonly Problem[];
}

/** Keyed by listener; only for those that ask for certificates of clients. */
export function clientValidations(graph: Graph, sources: CaSources, listeners: Collection<GatewayListener>): Collection<ClientValidation> {
  return graph.derive('clientValidations', listeners, function* ({ key, name, fleet, gateway, clientTls }, fetch) {
    if (clientTls === undefined) return;
    const { validation, scope } = clientTls;
    const from = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: splitKey(gateway).namespace };
    const results = validation.caCertificateRefs.map((ref) => resolveAuthorities(sources, fetch, from, ref));
    const problems = results.flatMap((result) => (result.ok ? [] : [unresolved(name, result.refusal)]));
    const certificates = [...new Set(results.flatMap((result) => (result.ok ? result.certificates : [])))];
    const trustedCa = certificates.length === 0 ? undefined : authority(`gateway/${gateway}/${scope}/ca.crt`, certificates);
    yield [
      key,
      {
        listener: key,
        fleet,
        trustedCa,
        isOptional: validation.mode === 'AllowInsecureFallback',
        problems: trustedCa === undefined ? [noAuthority(name), ...problems] : problems,
      },
    ];
  });
}

const authority = (name: string, certificates: readonly string[]): TrustedCaNode => ({
  kind: 'TrustedCa',
  name,
  source: { pem: `${certificates.join('\n')}\n` },
});

/** The reasons of ListenerConditionResolvedRefs. */
const REASONS = {
  Kind: 'InvalidCACertificateKind',
  NotPermitted: 'RefNotPermitted',
  Content: 'InvalidCACertificateRef',
} as const satisfies Record<RefRefusal['cause'], string>;

const unresolved = (listener: string, { cause, text }: RefRefusal): Problem => ({
  type: 'ResolvedRefs',
  reason: REASONS[cause],
  message: `Listener ${listener}: spec.tls.frontend: ${text}`,
});

const noAuthority = (listener: string): Problem => ({
  type: 'Accepted',
  reason: 'NoValidCACertificate',
  message: `Listener ${listener}: spec.tls.frontend: no reference gives a CA certificate to verify clients by, so nobody is let in.`,
});
