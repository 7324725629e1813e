import type { HTTPHeader } from '../../crds/gateway-api/http-header.ts';

/** A share of requests: `numerator` of `denominator`, never more than all. */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * Which requests are traced. `parent`: where the client says what it is part of, what is said there decides (W3C Trace Context, `sampled`), for
 * that share of them; where it does not, the share for new traces. `nobody`: the same share whatever the client says.
 */
export type Sampling =
  | { readonly follows: 'parent'; readonly newTraces: Share; readonly parents: Share }
  | { readonly follows: 'nobody'; readonly requests: Share };

/** What a span says of a request besides what Envoy always says. */
export interface SpanAttribute {
  readonly name: string;
  /**
   * `literal`: that text. `header`: of the request, or else of the response. `format`: a format string of Envoy's (command operators). One without
   * a value for a request is left out.
   */
  readonly source: 'literal' | 'header' | 'format';
  readonly value: string;
}

/** Where spans go, by OTLP. */
export interface SpanCollector {
  readonly cluster: string;
  /** What it is called there: `<host>:<port>`. */
  readonly authority: string;
  readonly protocol: 'grpc' | 'http';
}

/** How the requests of a Gateway are traced. */
export interface TracingNode {
  readonly kind: 'Tracing';
  readonly collector: SpanCollector;
  /** Sent along with spans. */
  readonly headers: readonly HTTPHeader[];
  readonly serviceName: string;
  /** Absent: what Envoy calls them. */
  readonly spanName?: string;
  readonly sampling: Sampling;
  readonly attributes: readonly SpanAttribute[];
}
