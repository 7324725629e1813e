import { GRPC_STATS } from '../envoy/grpc-stats.ts';
import { HOST_GATE_SLOTS } from '../envoy/host-gate.ts';
import type { HttpFilterSlot } from '../envoy/http-filter-slot.ts';
import { cors } from './cors/cors.ts';
import { extensionRef } from './extension-ref/extension-ref.ts';
import { externalAuth } from './external-auth/external-auth.ts';
import type { Feature } from './policy-feature.ts';
import { requestHeaderModifier } from './request-header-modifier/request-header-modifier.ts';
import { requestMirror } from './request-mirror/request-mirror.ts';
import { requestRedirect } from './request-redirect/request-redirect.ts';
import { responseHeaderModifier } from './response-header-modifier/response-header-modifier.ts';
import { retry } from './retry/retry.ts';
import { sessionPersistence } from './session-persistence/session-persistence.ts';
import { urlRewrite } from './url-rewrite/url-rewrite.ts';

/** Every feature, in the order in which Envoy's filters run (contract C.6); those without a filter follow. A new feature is one line here. */
export const FEATURES: readonly Feature[] = [
  cors,
  externalAuth,
  sessionPersistence,
  requestHeaderModifier,
  responseHeaderModifier,
  requestRedirect,
  urlRewrite,
  requestMirror,
  retry,
  extensionRef,
];

/** The HTTP filter chain of every listener, without the router: a constant of a release. */
export const HTTP_FILTER_SLOTS: readonly HttpFilterSlot[] = [
  ...HOST_GATE_SLOTS,
  ...FEATURES.flatMap(({ emits }) => emits.httpFilter ?? []),
  GRPC_STATS,
];
